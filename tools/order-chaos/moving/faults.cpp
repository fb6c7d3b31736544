// The faults of a trial whose primaries move, and their schedule.
#include "order-chaos/moving/trial.h"

#include <sched.h>

#include "support/wait_for.h"
#include "valkey/slot.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kIncidentsMax = 5;  // the trial ends early after these

void nft(const std::string& words) {
  if (std::system(("nft " + words).c_str()) != 0) throw std::runtime_error("nft " + words + " failed");
}

// Packets that match these rules are treated like this for a while.
void filter(const std::vector<std::string>& rules, milliseconds time) {
  for (const std::string& rule : rules) nft("add rule inet chaos in ip saddr " + rule);
  let_pass(time);
  nft("flush chain inet chaos in");
}

Node& any(MovingTrial& trial, const std::vector<Node*>& nodes, const char* what) {
  if (nodes.empty()) throw std::runtime_error(std::string("currently no ") + what);
  return *nodes[trial.random.number(nodes.size())];
}
Node& any_primary(MovingTrial& trial) {
  return any(trial, trial.nodes.primaries(), "primary");
}
Node& any_replica(MovingTrial& trial) {
  return any(trial, trial.nodes.replicas(), "replica");
}

Node& any_sentinel(MovingTrial& trial) {
  auto& sentinels = trial.nodes.sentinels();
  return sentinels[trial.random.number(sentinels.size())];
}

Daemon& any_daemon(MovingTrial& trial) {
  return *trial.daemons[trial.random.number(trial.daemons.size())];
}

// Waits until the replica is promoted.
void await_promotion(const Node& node, const std::string& answer) {
  if (answer.starts_with('-')) throw std::runtime_error("refused: " + answer);
  if (!test::poll_until([&] { return Nodes::role(node) == "master"; }, 15s))
    throw std::runtime_error("the replica was not promoted");
}

std::function<void(MovingTrial&)> fail_over(const std::vector<std::string>& words) {
  return [words](MovingTrial& trial) {
    const Node& replica = any_replica(trial);
    await_promotion(replica, Nodes::tell(replica, words));
  };
}

void sentinel_fail_over(MovingTrial& trial) {
  Node& replica = any_replica(trial);
  await_promotion(replica, Nodes::tell(any_sentinel(trial), {"SENTINEL", "FAILOVER", "shop"}));
}

// A server or a sentinel is killed and started after from..to milliseconds, or frozen for so long.
enum class Down { kKilled, kFrozen };
std::function<void(MovingTrial&)> take_down(Node& (*any_node)(MovingTrial&), Down how, std::size_t from,
                                            std::size_t to) {
  return [=](MovingTrial& trial) {
    Node& node = any_node(trial);
    node.down = true;
    how == Down::kKilled ? node.server->kill() : node.server->pause();
    let_pass(trial.between(from, to));
    how == Down::kKilled ? node.server->start() : node.server->resume();
    node.down = false;
    // The password may have been rotated meanwhile, and the configuration file does not contain it.
    if (any_node != any_sentinel) trial.nodes.restore(node);
  };
}

// A migration that was started is completed: a node may refuse for a moment, as when it takes the cluster for down.
void insist(const std::function<std::string()>& step) {
  std::string answer;
  const auto done = [&] { return !(answer = step()).starts_with('-'); };
  if (!test::poll_until(done, 30s)) throw std::runtime_error("moving a slot: " + answer);
}

// Moves a lane's slot to another primary, key by key, with a pause of from..to milliseconds half-way.
void move_slot(MovingTrial& trial, std::size_t from_ms, std::size_t to_ms) {
  const std::size_t lane = trial.random.number(trial.lanes.count());
  const std::string slot = std::to_string(valkey::slot_of(trial.key(lane, "orders")));
  Node* from = trial.nodes.primary_of(trial.key(lane, "orders"));
  std::vector<Node*> others = trial.nodes.primaries();
  std::erase(others, from);
  if (from == nullptr || others.empty()) throw std::runtime_error("not all primaries are up");
  Node& to = any(trial, others, "other primary");
  const std::string from_id = Nodes::tell(*from, {"CLUSTER", "MYID"}), to_id = Nodes::tell(to, {"CLUSTER", "MYID"});
  insist([&] { return Nodes::tell(to, {"CLUSTER", "SETSLOT", slot, "IMPORTING", from_id}); });
  insist([&] { return Nodes::tell(*from, {"CLUSTER", "SETSLOT", slot, "MIGRATING", to_id}); });
  auto client = Nodes::admin(*from);
  for (bool rested = false;;) {
    const auto keys = test::send(client, test::command_of({"CLUSTER", "GETKEYSINSLOT", slot, "500"}));
    if (keys->size() == 0) break;
    std::vector<std::string> words = {
        "MIGRATE", to.host, std::to_string(to.server->tcp_endpoint().port), "", "0", "5000", "REPLACE", "KEYS"};
    for (std::size_t i = 0; i < keys->size(); ++i) words.emplace_back(keys->at(i).text());
    insist([&] {
      const auto moved = test::send(client, test::command_of(words));
      return (moved->is_error() ? "-" : "") + std::string(moved->text());
    });
    if (!rested) let_pass(trial.between(from_ms, to_ms));
    rested = true;
  }
  for (Node* each : {&to, from})
    insist([&] { return Nodes::tell(*each, {"CLUSTER", "SETSLOT", slot, "NODE", to_id}); });
  for (Node* each : trial.nodes.primaries()) (void)Nodes::tell(*each, {"CLUSTER", "SETSLOT", slot, "NODE", to_id});
}

void rotate_password(MovingTrial& trial) {
  static std::size_t number = 0;
  const std::string next = "password-" + std::to_string(++number);
  const auto tell_all = [&](const std::vector<std::string>& words) {
    for (const Node& node : trial.nodes.data()) {
      if (!node.down) (void)Nodes::tell(node, words);
    }
  };
  tell_all({"ACL", "SETUSER", kDaemonUser, ">" + next});
  trial.write_password(next);
  trial.nodes.set_password(next);  // replaces the old one
  tell_all({"CLIENT", "KILL", "USER", kDaemonUser});
}

// Ends a daemon, and starts it after up to so many milliseconds.
std::function<void(MovingTrial&)> end_daemon(void (*end)(MovingTrial&, Daemon&), std::size_t to) {
  return [=](MovingTrial& trial) {
    Daemon& daemon = any_daemon(trial);
    end(trial, daemon);
    let_pass(trial.between(0, to));
    daemon.start();
  };
}

// One command to a primary.
std::function<void(MovingTrial&)> primary_gets(const std::vector<std::string>& words) {
  return [words](MovingTrial& trial) { (void)Nodes::tell(any_primary(trial), words); };
}

const std::vector<MovingFault> kFaults = {
    {"a primary is killed", Weight::kLossy, take_down(any_primary, Down::kKilled, 0, 4000)},
    {"a primary is frozen", Weight::kLossy, take_down(any_primary, Down::kFrozen, 100, 5000)},
    {"a replica is killed", Weight::kHeavy, take_down(any_replica, Down::kKilled, 0, 1000)},
    {"a daemon is killed", Weight::kLight, end_daemon([](auto&, Daemon& daemon) { daemon.kill(); }, 300)},
    {"a daemon is stopped", Weight::kLight,
     end_daemon(
         [](MovingTrial& trial, Daemon& daemon) {
           daemon.tell(SIGTERM);
           const int status = daemon.process().wait(60s);
           if (status > 1) trial.incident(daemon.name() + " got SIGTERM and exited with " + std::to_string(status));
         },
         0)},
    {"a daemon is frozen", Weight::kLight,
     [](MovingTrial& trial) {
       test::Process& process = any_daemon(trial).process();
       process.pause();
       let_pass(trial.between(20, 1200));
       process.resume();
     }},
    {"the daemons' connections to a node are killed", Weight::kLight,
     primary_gets({"CLIENT", "KILL", "USER", kDaemonUser})},
    {"a node forgets the scripts", Weight::kLight, primary_gets({"SCRIPT", "FLUSH"})},
    {"a lane's owner is deleted", Weight::kLight,
     [](MovingTrial& trial) {
       const std::string key = trial.key(trial.random.number(trial.lanes.count()), "orders:owner");
       if (const Node* node = trial.nodes.primary_of(key)) (void)Nodes::tell(*node, {"DEL", key});
     }},
    {"a node is out of memory for a short time", Weight::kLight,
     [](MovingTrial& trial) {
       const Node& node = any_primary(trial);
       (void)Nodes::tell(node, {"CONFIG", "SET", "maxmemory", "1"});
       let_pass(trial.between(10, 200));
       (void)Nodes::tell(node, {"CONFIG", "SET", "maxmemory", "0"});
     }},
    {"a node pauses writes", Weight::kLight,
     [](MovingTrial& trial) {
       const std::string time = std::to_string(trial.random.number(20, 400));
       (void)Nodes::tell(any_primary(trial), {"CLIENT", "PAUSE", time, "WRITE"});
     }},
    {"the daemons' password is rotated", Weight::kLight, rotate_password},
};

const std::vector<MovingFault> kNetworkFaults = {
    // The nodes are 127.0.1.0/24. Clients still reach both sides.
    {"a primary is partitioned from all other nodes", Weight::kLossy,
     [](MovingTrial& trial) {
       const std::string host = any_primary(trial).host;
       filter({host + " ip daddr 127.0.1.0/24 drop", "127.0.1.0/24 ip daddr " + host + " drop"},
              trial.between(200, 4000));
     }},
    // Whatever they send is answered with a reset.
    {"clients of a node get resets, also during handshakes", Weight::kLight,
     [](MovingTrial& trial) {
       filter({"127.0.0.1 ip daddr " + any_primary(trial).host + " tcp flags psh,ack / psh,ack reject with tcp reset"},
              trial.between(10, 150));
     }},
};

const std::vector<MovingFault> kClusterFaults = {
    {"CLUSTER FAILOVER", Weight::kHeavy, fail_over({"CLUSTER", "FAILOVER"})},
    {"CLUSTER FAILOVER FORCE", Weight::kLossy, fail_over({"CLUSTER", "FAILOVER", "FORCE"})},
    {"CLUSTER FAILOVER TAKEOVER", Weight::kLossy, fail_over({"CLUSTER", "FAILOVER", "TAKEOVER"})},
    {"a lane's slot is migrated", Weight::kHeavy, [](auto& trial) { move_slot(trial, 0, 0); }},
    {"a lane's slot stays half migrated for a while", Weight::kHeavy, [](auto& trial) { move_slot(trial, 200, 2500); }},
};

const std::vector<MovingFault> kSentinelFaults = {
    {"SENTINEL FAILOVER", Weight::kLossy, sentinel_fail_over},
    {"a sentinel is killed", Weight::kHeavy, take_down(any_sentinel, Down::kKilled, 0, 500)},
    {"a sentinel is frozen", Weight::kHeavy, take_down(any_sentinel, Down::kFrozen, 100, 2000)},
};

void inject(MovingTrial& trial, const MovingFault& fault) {
  trial.note("inject " + fault.name);
  try {
    if (fault.weight == Weight::kLossy) trial.data_loss(fault.name);
    fault.play(trial);
    ++trial.verdict.faults[" " + fault.name].injected;
  } catch (const std::runtime_error& error) {
    trial.skip(fault.name + ": " + error.what());
  }
}

}  // namespace

bool own_network() {
  return unshare(CLONE_NEWNET) == 0 &&
         std::system(
             "ip link set lo up && nft add table inet chaos && nft add chain inet chaos in "
             "'{ type filter hook input priority 0; }'") == 0;
}

std::vector<MovingFault> faults_for(Servers servers, bool network) {
  std::vector<MovingFault> faults = kFaults;
  const auto& own = servers == Servers::kCluster ? kClusterFaults : kSentinelFaults;
  faults.insert(faults.end(), own.begin(), own.end());
  if (network) faults.insert(faults.end(), kNetworkFaults.begin(), kNetworkFaults.end());
  return faults;
}

void play(MovingTrial& trial, const std::vector<MovingFault>& faults, milliseconds time) {
  const auto end = Clock::now() + time;
  std::vector<const MovingFault*> heavy, light;
  for (const MovingFault& fault : faults) (fault.weight == Weight::kLight ? light : heavy).push_back(&fault);
  const auto play_light = [&] {
    if (light.empty()) return let_pass(50ms);
    inject(trial, *light[trial.random.number(light.size())]);
    let_pass(trial.between(0, 30));
    trial.supervise();
  };
  while (Clock::now() < end && trial.verdict.violations.size() <= kIncidentsMax) {
    for (std::size_t i = trial.random.number(5, 40); i > 0 && Clock::now() < end; --i) play_light();
    if (heavy.empty()) continue;
    const MovingFault& fault = *heavy[trial.random.number(heavy.size())];
    inject(trial, fault);
    // Light faults continue while the servers find each other again.
    const auto patience = Clock::now() + 60s;
    while (!trial.nodes.whole(0ms) && Clock::now() < patience) play_light();
    // That is up to the servers. Whether orderd serves the lanes again is judged next.
    if (!trial.nodes.whole(0ms)) trial.skip("after " + fault.name + ": the servers did not recover");
    trial.recover(fault.name);
  }
}

}  // namespace orderd::chaos
