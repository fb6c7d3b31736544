// The daemons get their settings from files, so that SIGHUP has something to read. What the contract lets be short is
// short: a fault is to be over soon, not to be waited for.
#include "chaos/runner/world.h"

#include <csignal>
#include <fstream>
#include <stdexcept>

#include "support/wait_for.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;

constexpr const char* kProbeSku = "probe";
constexpr std::size_t kProducers = 2;

test::ServerOptions server_options(const Plan& plan, const test::Shims& shims) {
  test::ServerOptions options;
  options.environment = shims.environment();
  options.append_only =
      plan.lossy ? test::ServerOptions::AppendOnly::kEverySecond : test::ServerOptions::AppendOnly::kAlways;
  options.config = {"enable-debug-command yes", "busy-reply-threshold 50", "aof-load-truncated no",
                    "maxmemory-policy noeviction", "auto-aof-rewrite-percentage 0"};
  return options;
}

uint64_t now_ms() {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count());
}

std::string quoted(const std::string& text) {
  return "\"" + text + "\"";
}

std::string settings_of(const valkey::Endpoint& proxy, const std::string& consumer) {
  return "[valkey]\nurl = " + quoted("valkey://127.0.0.1:" + std::to_string(proxy.port)) +
         "\nconnect_timeout = \"500ms\"\nreply_timeout = \"500ms\"\n[streams]\nconsumer = " + quoted(consumer) +
         "\n[processing]\nclaim_idle = \"500ms\"\n[shutdown]\ndrain_timeout = \"2s\"\n";
}

}  // namespace

Daemon::Daemon(const Programs& programs, valkey::Endpoint server, const std::string& directory, std::string consumer,
               uint64_t seed)
    : proxy(std::move(server), seed),
      programs_(programs),
      consumer_(std::move(consumer)),
      settings_file_(directory + "/" + consumer_ + ".toml"),
      settings_(settings_of(proxy.endpoint(), consumer_)) {
}

void Daemon::start(Log log) {
  std::ofstream(settings_file_) << settings_;
  // Not the runner's own settings.
  std::vector<std::string> argv = {programs_.orderd, "--config", settings_file_};
  if (log == Log::kFull)
    argv = {"sh", "-c", "exec \"$0\" --config \"$1\" 2>/dev/full >/dev/full", programs_.orderd, settings_file_};
  end_expected_ = false;
  process_ = std::make_unique<test::Process>(argv);
}

void Daemon::kill() {
  end_expected_ = true;
  process_->signal(SIGKILL);
  process_->wait();
}

std::optional<std::string> Daemon::surprise() {
  if (end_expected_ || running()) return std::nullopt;
  const std::string log = process_->errors();
  const std::string end = log.substr(log.size() - std::min<std::size_t>(log.size(), 1500));
  std::string what = "the daemon " + consumer_ + " ended by itself with " + std::to_string(process_->wait()) +
                     "; its log ends:\n" + end;
  start();
  return what;
}

World::World(const Plan& world_plan, const Programs& world_programs)
    : plan(world_plan), programs(world_programs), server(server_options(world_plan, shims)), random(world_plan.seed) {
  set_stock();
  tailer = std::make_unique<Tailer>(server.endpoint());
  for (std::size_t i = 0; i < plan.daemons; ++i) {
    daemons.push_back(std::make_unique<Daemon>(programs, server.endpoint(), files.path(), "daemon-" + std::to_string(i),
                                               random.number(1U << 30U)));
    daemons.back()->start();
  }
  for (std::size_t i = 0; i < kProducers; ++i) {
    OrderSource source("p" + std::to_string(i), plan.workload, random.number(1U << 30U));
    producers_.push_back(
        std::make_unique<Producer>(server.endpoint(), std::move(source), plan.per_second / kProducers, record));
  }
}

valkey::OwnedReply World::call(const std::vector<std::string>& words) {
  valkey::SyncClient::Options options;
  options.name = "runner";
  std::string problem;
  // A second try, because the connection may have ended since it was used last.
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

std::string World::ask(const std::vector<std::string>& words) {
  const valkey::OwnedReply reply = call(words);
  if (reply->is_error()) throw std::runtime_error(words[0] + ": " + std::string(reply->text()));
  return reply->is_integer() ? std::to_string(reply->integer()) : std::string(reply->text());
}

void World::ask_and_keep(const std::vector<std::vector<std::string>>& commands) {
  const bool always = !plan.lossy;
  if (!always) (void)ask({"CONFIG", "SET", "appendfsync", "always"});
  for (const auto& command : commands) (void)ask(command);
  if (!always) (void)ask({"CONFIG", "SET", "appendfsync", "everysec"});
}

void World::set_stock() {
  std::vector<std::vector<std::string>> commands;
  for (const auto& [sku, amount] : stock()) {
    commands.push_back({"SET", "product:" + sku + ":stock", std::to_string(amount)});
  }
  ask_and_keep(commands);
}

std::vector<Pushed> World::push(const std::vector<Order>& orders) {
  (void)call({"PING"});  // the connection is there
  std::vector<Pushed> pushed;
  if (!chaos::push(*control_, orders, record, &pushed)) control_.reset();
  return pushed;
}

Pushed World::push(const Order& order) {
  return push(std::vector<Order>{order}).at(0);
}

Order World::probe() {
  Order order;
  order.id = "probe-" + std::to_string(probes_++);
  order.lines = {{kProbeSku, 1}};
  write_entry(order, Form::kFlat);
  return order;
}

void World::disaster(const std::string& what, bool everything) {
  // The ids of entries tell the time of the server, which runs on this machine.
  const auto now =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
  record.disaster({{static_cast<uint64_t>(now.count()), UINT64_MAX}, everything, what});
}

std::vector<std::pair<std::string, uint64_t>> World::stock() {
  auto stock = OrderSource::stock();
  stock.emplace_back(kProbeSku, 1'000'000'000);
  return stock;
}

void World::supervise() {
  for (const auto& daemon : daemons) {
    if (const auto what = daemon->surprise()) incident(*what);
  }
}

void World::incident(const std::string& what) {
  note("incident " + what);
  incidents_.push_back(what);
}

void World::hindrance(const std::string& what) {
  note("hindrance " + what);
  hindrances_.push_back(what);
}

void World::note(const std::string& what) {
  notes_.push_back(std::to_string(now_ms()) + " " + what);
}

uint64_t World::unknown_pushes() const {
  uint64_t sum = 0;
  for (const auto& producer : producers_) sum += producer->unknown();
  return sum;
}

bool World::settled() {
  // The newest entry was delivered, and nothing is pending.
  const valkey::OwnedReply reply = call({"EVAL", R"(
      local groups = server.pcall('XINFO', 'GROUPS', 'orders')
      if groups.err then return 0 end
      local newest = server.call('XREVRANGE', 'orders', '+', '-', 'COUNT', '1')
      for _, group in ipairs(groups) do
        local info = {}
        for i = 1, #group, 2 do info[group[i]] = group[i + 1] end
        if info['name'] == 'orderd' then
          if info['pending'] > 0 then return 0 end
          if #newest == 0 then return 1 end
          local rest = server.call('XRANGE', 'orders', '(' .. info['last-delivered-id'], '+', 'COUNT', '1')
          return #rest == 0 and 1 or 0
        end
      end
      return 0)",
                                         "0"});
  return reply->integer() == 1;
}

}  // namespace orderd::chaos
