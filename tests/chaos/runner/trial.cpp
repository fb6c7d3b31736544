// The streams decide, not what daemons report: a request is settled if it has a result.
#include "chaos/runner/trial.h"

#include <algorithm>
#include <stdexcept>

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;

constexpr const char* kProbeSku = "probe";
constexpr std::size_t kProducers = 2;
// A daemon started while the server refuses it exits. The runner may notice that this much later, because injecting
// another fault can wait for takeovers meanwhile.
constexpr auto kRefusedFor = 15s;

// A fault may have renamed the results stream (faults_keys.cpp).
constexpr const char* kLua = R"(
    local function newest_request()
      for _, key in ipairs({ 'results', 'results:aside' }) do
        local from = '+'
        repeat
          local page = server.pcall('XREVRANGE', key, from, '-', 'COUNT', '100')
          if page.err then break end
          for _, entry in ipairs(page) do
            for i = 1, #entry[2], 2 do
              if entry[2][i] == 'request' then return entry[2][i + 1] end
            end
            from = '(' .. entry[1]
          end
        until #page < 100
      end
    end
    local function unsettled(stream, count)
      local newest, ids = newest_request(), {}
      local page = server.pcall('XRANGE', stream, newest and '(' .. newest or '-', '+', 'COUNT', count or 1000000000)
      if page.err then return ids end
      for _, entry in ipairs(page) do ids[#ids + 1] = entry[1] end
      return ids
    end
    )";

test::ServerOptions server_options(const Plan& plan, const test::Shims& shims) {
  test::ServerOptions options;
  options.environment = shims.environment();
  options.append_only =
      plan.lossy ? test::ServerOptions::AppendOnly::kEverySecond : test::ServerOptions::AppendOnly::kAlways;
  options.config = {
      "enable-debug-command yes",      "busy-reply-threshold 50",
      "aof-load-truncated no",         "maxmemory-policy noeviction",
      "auto-aof-rewrite-percentage 0", std::string("user ") + kDaemonUser + " on >" + kDaemonPassword + " ~* &* +@all"};
  return options;
}

uint64_t now_ms() {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count());
}

}  // namespace

Trial::Trial(const Plan& its_plan, const Programs& its_programs)
    : plan(its_plan), programs(its_programs), server(server_options(its_plan, shims)), random(its_plan.seed) {
  set_stock();
  tailer = std::make_unique<Tailer>(server.endpoint());
  for (std::size_t i = 0; i < plan.daemons; ++i) {
    daemons.push_back(std::make_unique<Daemon>(programs, server.endpoint(), files.path(), "daemon-" + std::to_string(i),
                                               random.number(1U << 30U)));
    daemons.back()->start();
  }
  calls_.resize(plan.daemons);
  for (std::size_t i = 0; i < kProducers; ++i) {
    OrderSource source("p" + std::to_string(i), plan.workload, random.number(1U << 30U));
    producers_.push_back(
        std::make_unique<Producer>(server.endpoint(), std::move(source), plan.per_second / kProducers, record));
  }
}

valkey::OwnedReply Trial::call(const std::vector<std::string>& words) {
  valkey::SyncClient::Options options;
  options.name = "runner";
  std::string problem;
  // Retries once, because the connection may have been closed since the last use.
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (!control_) {
      auto made = valkey::SyncClient::connect(server.endpoint(), options);
      if (!made) throw std::runtime_error(made.error());
      control_.emplace(std::move(*made));
    }
    auto reply = control_->call(test::command_of(words));
    if (reply) return std::move(*reply);
    problem = reply.error();
    control_.reset();
  }
  throw std::runtime_error(problem);
}

std::string Trial::ask(const std::vector<std::string>& words) {
  const valkey::OwnedReply reply = call(words);
  if (reply->is_error()) throw std::runtime_error(words[0] + ": " + std::string(reply->text()));
  return reply->is_integer() ? std::to_string(reply->integer()) : std::string(reply->text());
}

void Trial::ask_and_keep(const std::vector<std::vector<std::string>>& commands) {
  const bool always = !plan.lossy;
  if (!always) (void)ask({"CONFIG", "SET", "appendfsync", "always"});
  for (const auto& command : commands) (void)ask(command);
  if (!always) (void)ask({"CONFIG", "SET", "appendfsync", "everysec"});
}

std::vector<std::string> Trial::run(const std::string& lua, const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {"EVAL", kLua + lua, "0"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  const valkey::OwnedReply reply = call(words);
  if (reply->is_error()) throw std::runtime_error(std::string(reply->text()));
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < reply->size(); ++i) texts.emplace_back(reply->at(i).text());
  return texts;
}

void Trial::set_stock() {
  std::vector<std::vector<std::string>> commands;
  for (const auto& [sku, amount] : stock()) {
    commands.push_back({"SET", "product:" + sku + ":stock", std::to_string(amount)});
  }
  ask_and_keep(commands);
}

std::vector<Pushed> Trial::push(const std::vector<Order>& orders) {
  (void)call({"PING"});  // check the connection
  std::vector<Pushed> pushed;
  if (!chaos::push(*control_, orders, record, &pushed)) control_.reset();
  return pushed;
}

Pushed Trial::push(const Order& order) {
  return push(std::vector<Order>{order}).at(0);
}

Trial::Hold Trial::hold_producers() {
  auto hold = std::make_shared<std::vector<std::unique_lock<std::mutex>>>();
  for (const auto& producer : producers_) hold->push_back(producer->hold());
  return hold;
}

Order Trial::probe() {
  Order order;
  order.id = "probe-" + std::to_string(probes_++);
  order.lines = {{kProbeSku, 1}};
  write_entry(order, Form::kFlat);
  return order;
}

std::vector<std::pair<std::string, uint64_t>> Trial::stock() {
  auto stock = OrderSource::stock();
  stock.emplace_back(kProbeSku, 1'000'000'000);
  return stock;
}

bool Trial::settled() {
  return run("return unsettled('orders', 1)").empty();
}

std::string Trial::owner() {
  const valkey::OwnedReply reply = call({"GET", "orders:owner"});
  if (!reply->is_string()) return "";
  // "<name> <token> <since, ms> <lease, ms>"; the name may contain spaces.
  std::string name(reply->text());
  for (int words = 0; words < 3; ++words) {
    const std::size_t space = name.rfind(' ');
    if (space == std::string::npos) return "";
    name.resize(space);
  }
  return name;
}

std::size_t Trial::busiest() {
  std::size_t busiest = 0;
  uint64_t most = 0;
  for (std::size_t i = 0; i < daemons.size(); ++i) {
    const uint64_t calls = daemons[i]->calls();
    const uint64_t more = calls - calls_[i];
    calls_[i] = calls;
    if (more > most) {
      most = more;
      busiest = i;
    }
  }
  return busiest;
}

void Trial::data_loss(const std::string& what, bool everything) {
  // Entry IDs use the server's clock, and the server runs on this machine.
  record.data_loss({{now_ms(), UINT64_MAX}, everything, what});
}

void Trial::supervise() {
  for (const auto& daemon : daemons) {
    const auto what = daemon->surprise();
    if (!what) continue;
    if (refusing() && what->find("unexpectedly with 1;") != std::string::npos) {
      note("refused at its start: " + *what);
    } else {
      incident(*what);
    }
  }
}

void Trial::refuses_daemons(bool refuses) {
  refusing_ += refuses ? 1 : -1;
  if (!refuses) refused_until_ = std::chrono::steady_clock::now() + kRefusedFor;
}

bool Trial::refusing() const {
  return refusing_ > 0 || std::chrono::steady_clock::now() < refused_until_;
}

void Trial::incident(const std::string& what) {
  note("incident " + what);
  incidents_.push_back(what);
}

void Trial::skip(const std::string& what) {
  note("skipped " + what);
  skipped_.push_back(what);
}

void Trial::note(const std::string& what) {
  notes_.push_back(std::to_string(now_ms()) + " " + what);
}

}  // namespace orderd::chaos
