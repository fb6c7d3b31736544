#include "order-chaos/moving/trial.h"

#include <fstream>

#include "support/wait_for.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr const char* kLanes = "a,b,c,d";  // their slots are on all three primaries
constexpr int kSkus = 60;
constexpr unsigned kPerSecond = 150;  // orders of each lane
constexpr auto kPatience = 60s;
// A primary that sentinels have replaced still accepts writes for ten seconds, so a producer asks now and then.
constexpr auto kAskSentinels = 500ms;

}  // namespace

MovingTrial::MovingTrial(const MovingPlan& plan, const Programs& its_programs)
    : TrialBase(plan.seed, its_programs), lanes(*order::Lanes::parse(kLanes)), nodes(plan.servers, plan.tls) {
  for (std::size_t lane = 0; lane < lanes.count(); ++lane) pushers_.push_back(std::make_unique<Pusher>());
  for (int i = 0; i < kSkus; ++i) {
    const std::string sku = "sku-" + std::to_string(i);
    const std::size_t lane = lanes.of(sku);
    pushers_[lane]->stock.emplace_back(sku, random.number(50, 5000));  // some sell out soon
    Node* primary = nodes.primary_of(key(lane, "orders"));
    if (primary == nullptr) throw std::runtime_error("no primary at the start");
    const std::string amount = std::to_string(pushers_[lane]->stock.back().second);
    (void)Nodes::tell(*primary, {"SET", key(lane, "stock:" + sku), amount});
  }
  write_password("first");
  for (std::size_t i = 0; i < plan.daemons; ++i) {
    const std::string name = "d" + std::to_string(i);
    daemons.push_back(std::make_unique<Daemon>(
        programs, files.path(), name,
        nodes.settings(files.file("password")) + "connect_timeout = \"500ms\"\n[streams]\nlanes = \"" + kLanes +
            "\"\norders = \"{<lane>}:orders\"\nresults = \"{<lane>}:results\"\n[keys]\nstock = " +
            "\"{<lane>}:stock:<sku>\"\n[processing]\nname = \"" + name +
            "\"\nlease = \"900ms\"\nreply_ttl = \"24h\"\n[admin]\nlisten = \"\"\n"));
  }
  for (std::size_t lane = 0; lane < lanes.count(); ++lane) {
    auto connect = [this, stream = key(lane, "orders"), choice = test::Random(seed + lane)]() mutable {
      return nodes.find_primary(stream, choice, kProducerTimeouts);
    };
    Target target{connect, key(lane, "orders"), kPerSecond, plan.servers == Servers::kSentinels ? kAskSentinels : 0ms};
    Pusher& pusher = *pushers_[lane];
    std::vector<std::string> skus;
    for (const auto& [sku, amount] : pusher.stock) skus.push_back(sku);
    OrderSource source("o" + std::to_string(lane), Workload::kUniform, seed + lane, skus);
    pusher.producer = std::make_unique<Producer>(std::move(target), std::move(source), pusher.record);
  }
  recover("the start");
  verdict.faults.clear();
}

void MovingTrial::write_password(const std::string& password) {
  const std::string file = files.file("password"), next = file + ".new";
  std::ofstream(next) << password << "\n";
  std::filesystem::permissions(next, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  std::filesystem::rename(next, file);
}

// From the position; 0: unknown at the moment.
uint64_t MovingTrial::settled(std::size_t lane) {
  const Node* primary = nodes.primary_of(key(lane, "orders"));
  if (primary == nullptr) return 0;
  const std::string count = Nodes::tell_if_up(*primary, {"HGET", key(lane, "orders:position"), "count"});
  return count.empty() || count.starts_with('-') ? 0 : std::stoull(count);
}

void MovingTrial::recover(const std::string& after) {
  const auto begin = Clock::now();
  for (std::size_t lane = 0; lane < lanes.count(); ++lane) {
    uint64_t before = 0;
    const auto resumed = [&] {
      supervise();
      const uint64_t now = settled(lane);
      if (before == 0) before = now;
      return now > before;
    };
    if (!test::poll_until(resumed, kPatience))
      incident("after " + after + ": the lane of " + key(lane, "orders") + " did not resume");
  }
  verdict.faults[" " + after].recovery.push_back(std::chrono::duration_cast<milliseconds>(Clock::now() - begin));
}

// Whether the last request in the stream is settled.
bool MovingTrial::drained(std::size_t lane) {
  const Node* primary = nodes.primary_of(key(lane, "orders"));
  if (primary == nullptr) return false;
  const std::string last = Nodes::tell_if_up(*primary, {"EVAL", R"(
      local last = server.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', '1')
      return last[1] and last[1][1] or '')",
                                                        "1", key(lane, "orders")});
  if (last.empty()) return true;
  return last == Nodes::tell_if_up(*primary, {"HGET", key(lane, "orders:position"), "id"}) && !last.starts_with('-');
}

void MovingTrial::drain() {
  for (const auto& pusher : pushers_) pusher->producer.reset();
  for (std::size_t lane = 0; lane < lanes.count(); ++lane) {
    const auto done = [&] {
      supervise();
      return drained(lane);
    };
    if (!test::poll_until(done, kPatience)) incident(key(lane, "orders") + ": not all requests were settled");
  }
}

std::vector<Account> MovingTrial::accounts() {
  std::vector<Account> accounts;
  for (std::size_t lane = 0; lane < lanes.count(); ++lane) {
    const auto call = [this, name = key(lane, "orders")](const Words& words) {
      const Node* primary = nodes.primary_of(name);
      if (primary == nullptr) throw std::runtime_error(name + " has no primary");
      auto client = Nodes::admin(*primary);
      return test::send(client, test::command_of(words));
    };
    accounts.push_back({.record = pushers_[lane]->record,
                        .call = call,
                        .orders = key(lane, "orders"),
                        .results = key(lane, "results"),
                        .stock_key = key(lane, "stock:<sku>"),
                        .stock = pushers_[lane]->stock,
                        .audit = {programs.orderctl, "--config", daemons.front()->settings_file(), "--lane",
                                  lanes.names()[lane], "audit", "--json"}});
  }
  return accounts;
}

std::vector<std::string> MovingTrial::server_directories() {
  std::vector<std::string> directories;
  for (const auto* some : {&nodes.data(), &nodes.sentinels()}) {
    for (const Node& node : *some) directories.push_back(node.server->directory());
  }
  return directories;
}

}  // namespace orderd::chaos
