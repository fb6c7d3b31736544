// The streams decide, not what daemons report: a request is settled if it has a result.
#include "order-chaos/trial.h"

#include <algorithm>

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;

constexpr unsigned kProducers = 2;
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
  using AppendOnly = test::ServerOptions::AppendOnly;
  return {
      .append_only = plan.lossy ? AppendOnly::kEverySecond : AppendOnly::kAlways,
      .config = {"enable-debug-command yes", "busy-reply-threshold 50", "aof-load-truncated no",
                 "maxmemory-policy noeviction", "auto-aof-rewrite-percentage 0",
                 std::string("user ") + kDaemonUser + " on >" + kDaemonPassword + " ~* &* +@all"},
      .environment = shims.environment(),
  };
}

std::string settings_of(const test::FaultProxy& proxy, const std::string& name, const Plan& plan) {
  const std::string url =
      std::string("valkey://") + kDaemonUser + ":" + kDaemonPassword + "@127.0.0.1:" + std::to_string(proxy.port());
  // Timeouts are as short as the contract allows, so that recovery from a fault is fast.
  return "[valkey]\nurl = \"" + url + "\"\nconnect_timeout = \"500ms\"\nreply_timeout = \"500ms\"\n" +
         "[processing]\nname = \"" + name + "\"\nlease = \"600ms\"\nreply_ttl = \"24h\"\n" +
         (plan.trims ? "[retention]\norders = \"1s\"\n" : "") +
         "[admin]\nlisten = \"\"\n[shutdown]\ndrain_timeout = \"2s\"\n";
}

}  // namespace

Trial::Trial(const Plan& its_plan, const Programs& its_programs)
    : TrialBase(its_plan.seed, its_programs), plan(its_plan), server(server_options(its_plan, shims)) {
  set_stock();
  tailer = std::make_unique<Tailer>(server.endpoint());
  for (std::size_t i = 0; i < plan.daemons; ++i) daemons.push_back(make_daemon("daemon-" + std::to_string(i)));
  const auto connect = [endpoint = server.endpoint()] {
    return valkey::SyncClient::connect(endpoint, kProducerTimeouts);
  };
  for (unsigned i = 0; i < kProducers; ++i) {
    OrderSource source("p" + std::to_string(i), plan.workload, random.number(1U << 30U));
    producers_.push_back(
        std::make_unique<Producer>(Target{connect, "orders", plan.per_second / kProducers}, std::move(source), record));
  }
}

std::unique_ptr<Daemon> Trial::make_daemon(const std::string& name) {
  auto proxy = std::make_unique<test::FaultProxy>(server.endpoint(), random.number(1U << 30U));
  const std::string settings = settings_of(*proxy, name, plan);
  return std::make_unique<Daemon>(programs, files.path(), name, settings, std::move(proxy));
}

valkey::OwnedReply Trial::call(const Words& words) {
  std::string problem;
  // Retries once, because the connection may have been closed since the last use.
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (!control_) {
      auto made = valkey::SyncClient::connect(server.endpoint(), {.name = "runner"});
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

std::string Trial::ask(const Words& words) {
  const valkey::OwnedReply reply = call(words);
  if (reply->is_error()) throw std::runtime_error(words[0] + ": " + std::string(reply->text()));
  return reply->is_integer() ? std::to_string(reply->integer()) : std::string(reply->text());
}

void Trial::ask_and_keep(const std::vector<Words>& commands) {
  const bool always = !plan.lossy;
  if (!always) (void)ask({"CONFIG", "SET", "appendfsync", "always"});
  for (const auto& command : commands) (void)ask(command);
  if (!always) (void)ask({"CONFIG", "SET", "appendfsync", "everysec"});
}

Words Trial::run(const std::string& lua, const Words& arguments) {
  Words words = {"EVAL", kLua + lua, "0"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  const valkey::OwnedReply reply = call(words);
  if (reply->is_error()) throw std::runtime_error(std::string(reply->text()));
  Words texts;
  for (std::size_t i = 0; i < reply->size(); ++i) texts.emplace_back(reply->at(i).text());
  return texts;
}

void Trial::set_stock() {
  std::vector<Words> commands;
  for (const auto& [sku, amount] : stock())
    commands.push_back({"SET", "product:" + sku + ":stock", std::to_string(amount)});
  ask_and_keep(commands);
}

std::vector<Pushed> Trial::push(const std::vector<Order>& orders) {
  (void)call({"PING"});  // check the connection
  std::vector<Pushed> pushed;
  if (!chaos::push(*control_, "orders", orders, record, pushed)) control_.reset();
  return pushed;
}

Order Trial::probe(const std::string& sku, uint64_t quantity) {
  Order order;
  order.id = "probe-" + std::to_string(probes_++);
  order.lines = {{sku, quantity}};
  write_entry(order, Form::kFlat);
  return order;
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

Daemon& Trial::busiest() {
  Daemon* busiest = daemons[0].get();
  uint64_t most = 0;
  for (const auto& daemon : daemons) {
    const uint64_t calls = daemon->calls();
    const uint64_t more = calls - std::exchange(calls_[daemon.get()], calls);
    if (more <= most) continue;
    most = more;
    busiest = daemon.get();
  }
  return *busiest;
}

std::vector<Account> Trial::accounts() {
  return {{.record = record,
           .call = [this](const Words& words) { return call(words); },
           .orders = "orders",
           .results = "results",
           .stock_key = "product:<sku>:stock",
           .stock = stock(),
           .audit = {programs.orderctl, "audit", "--json", "--max-findings", "1000000"},
           .environment = orderctl_environment(),
           .tailer = tailer.get()}};
}

}  // namespace orderd::chaos
