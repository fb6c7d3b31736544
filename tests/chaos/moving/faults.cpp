#include "chaos/moving/faults.h"

#include <algorithm>
#include <csignal>
#include <functional>
#include <stdexcept>

#include "chaos/moving/network.h"
#include "chaos/pace.h"
#include "support/valkey_helpers.h"
#include "support/wait_for.h"
#include "valkey/slot.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

milliseconds between(Trial& trial, std::size_t first, std::size_t last) {
  return milliseconds(trial.random.number(first, last));
}

Node& any(Trial& trial, const std::vector<Node*>& nodes, const char* what) {
  if (nodes.empty()) throw std::runtime_error(std::string("currently no ") + what);
  return *nodes[trial.random.number(nodes.size())];
}
Node& any_primary(Trial& trial) {
  return any(trial, trial.nodes.primaries(), "primary");
}
Node& any_replica(Trial& trial) {
  return any(trial, trial.nodes.replicas(), "replica");
}

// Waits until the replica is promoted.
void await_promotion(const Node& node, const std::string& answer) {
  if (answer.starts_with('-')) throw std::runtime_error("refused: " + answer);
  if (!test::poll_until([&] { return Nodes::role(node) == "master"; }, 15s)) {
    throw std::runtime_error("the replica was not promoted");
  }
}

void fail_over(Trial& trial, const std::vector<std::string>& how) {
  Node& replica = any_replica(trial);
  std::vector<std::string> words = {"CLUSTER", "FAILOVER"};
  words.insert(words.end(), how.begin(), how.end());
  await_promotion(replica, Nodes::tell(replica, words));
}

void sentinel_fail_over(Trial& trial) {
  Node& replica = any_replica(trial);
  const Node& sentinel = trial.nodes.sentinels()[trial.random.number(3)];
  await_promotion(replica, Nodes::tell(sentinel, {"SENTINEL", "FAILOVER", "shop"}));
}

void kill_and_start(Trial& trial, Node& node, milliseconds gone) {
  node.down = true;
  node.server->kill();
  let_pass(gone);
  node.server->start();
  trial.nodes.restore(node);
  node.down = false;
}

void freeze(Trial& trial, Node& node, milliseconds time) {
  node.down = true;
  node.server->pause();
  let_pass(time);
  node.server->resume();
  node.down = false;
  trial.nodes.restore(node);  // the password may have been rotated meanwhile
}

// A migration that was started is completed: a node may refuse for a moment, as when it takes the cluster for down.
void insist(const std::function<std::string()>& step) {
  std::string answer;
  const bool done = test::poll_until(
      [&] {
        answer = step();
        return !answer.starts_with('-');
      },
      30s);
  if (!done) throw std::runtime_error("moving a slot: " + answer);
}

// Moves a lane's slot to another primary, key by key, with a pause of `rest` half-way.
void move_slot(Trial& trial, milliseconds rest) {
  const std::size_t lane = trial.random.number(trial.lanes());
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
    if (!rested) let_pass(rest);
    rested = true;
  }
  for (Node* each : {&to, from})
    insist([&] { return Nodes::tell(*each, {"CLUSTER", "SETSLOT", slot, "NODE", to_id}); });
  for (Node* each : trial.nodes.primaries()) (void)Nodes::tell(*each, {"CLUSTER", "SETSLOT", slot, "NODE", to_id});
}

void end_cuts() {
  reconnect();
}

void cut_primary(Trial& trial) {
  Node& node = any_primary(trial);
  cut_off(node.host);
  let_pass(between(trial, 200, 4000));
  end_cuts();
}

void rotate_password(Trial& trial) {
  static std::size_t number = 0;
  const std::string next = "password-" + std::to_string(++number);
  const std::vector<std::string> add = {"ACL", "SETUSER", kUser, ">" + next};
  for (const Node& node : trial.nodes.data()) {
    if (!node.down) (void)Nodes::tell(node, add);
  }
  trial.write_password(next);
  trial.nodes.set_password(next);  // replaces the old one
  for (const Node& node : trial.nodes.data()) {
    if (!node.down) (void)Nodes::tell(node, {"CLIENT", "KILL", "USER", kUser});
  }
}

std::size_t any_daemon(Trial& trial) {
  return trial.random.number(trial.daemons());
}

std::vector<Fault> light_faults(bool network) {
  std::vector<Fault> faults = {
      {"a daemon is killed", false, false,
       [](Trial& trial) {
         const std::size_t number = any_daemon(trial);
         trial.daemon(number).signal(SIGKILL);
         (void)trial.daemon(number).wait();
         let_pass(between(trial, 0, 300));
         trial.start_daemon(number);
       }},
      {"a daemon is stopped", false, false,
       [](Trial& trial) {
         const std::size_t number = any_daemon(trial);
         trial.daemon(number).signal(SIGTERM);
         (void)trial.daemon(number).wait(60s);
         trial.start_daemon(number);
       }},
      {"a daemon is frozen", false, false,
       [](Trial& trial) {
         const std::size_t number = any_daemon(trial);
         trial.daemon(number).pause();
         let_pass(between(trial, 20, 1200));
         trial.daemon(number).resume();
       }},
      {"the daemons' connections to a node are killed", false, false,
       [](Trial& trial) {
         (void)Nodes::tell(any_primary(trial), {"CLIENT", "KILL", "USER", kUser});
       }},
      {"a node forgets the scripts", false, false,
       [](Trial& trial) {
         (void)Nodes::tell(any_primary(trial), {"SCRIPT", "FLUSH"});
       }},
      {"a lane's owner is deleted", false, false,
       [](Trial& trial) {
         const std::string key = trial.key(trial.random.number(trial.lanes()), "orders:owner");
         if (const Node* node = trial.nodes.primary_of(key)) (void)Nodes::tell(*node, {"DEL", key});
       }},
      {"a node is out of memory for a short time", false, false,
       [](Trial& trial) {
         const Node& node = any_primary(trial);
         (void)Nodes::tell(node, {"CONFIG", "SET", "maxmemory", "1"});
         let_pass(between(trial, 10, 200));
         (void)Nodes::tell(node, {"CONFIG", "SET", "maxmemory", "0"});
       }},
      {"a node pauses writes", false, false,
       [](Trial& trial) {
         (void)Nodes::tell(any_primary(trial),
                           {"CLIENT", "PAUSE", std::to_string(trial.random.number(20, 400)), "WRITE"});
       }},
      {"the daemons' password is rotated", false, false, rotate_password},
  };
  if (network) {
    faults.push_back({"clients of a node get resets, also during handshakes", false, false, [](Trial& trial) {
                        reset_clients(any_primary(trial).host);
                        let_pass(between(trial, 10, 150));
                        end_cuts();
                      }});
  }
  return faults;
}

std::vector<Fault> server_faults(Servers servers, bool network) {
  std::vector<Fault> faults = {
      {"a primary is killed", true, true,
       [](Trial& trial) { kill_and_start(trial, any_primary(trial), between(trial, 0, 4000)); }},
      {"a primary is frozen", true, true,
       [](Trial& trial) { freeze(trial, any_primary(trial), between(trial, 100, 5000)); }},
      {"a replica is killed", true, false,
       [](Trial& trial) { kill_and_start(trial, any_replica(trial), between(trial, 0, 1000)); }},
  };
  if (network) faults.push_back({"a primary is partitioned from all other nodes", true, true, cut_primary});
  if (servers == Servers::kCluster) {
    faults.insert(faults.end(),
                  {
                      {"CLUSTER FAILOVER", true, false, [](Trial& trial) { fail_over(trial, {}); }},
                      {"CLUSTER FAILOVER FORCE", true, true, [](Trial& trial) { fail_over(trial, {"FORCE"}); }},
                      {"CLUSTER FAILOVER TAKEOVER", true, true, [](Trial& trial) { fail_over(trial, {"TAKEOVER"}); }},
                      {"a lane's slot is migrated", true, false, [](Trial& trial) { move_slot(trial, 0ms); }},
                      {"a lane's slot stays half migrated for a while", true, false,
                       [](Trial& trial) { move_slot(trial, between(trial, 200, 2500)); }},
                  });
  } else {
    faults.push_back({"SENTINEL FAILOVER", true, true, sentinel_fail_over});
    faults.push_back({"a sentinel is killed", true, false, [](Trial& trial) {
                        Node& node = trial.nodes.sentinels()[trial.random.number(3)];
                        node.server->kill();
                        let_pass(between(trial, 0, 500));
                        node.server->start();
                      }});
    faults.push_back({"a sentinel is frozen", true, false, [](Trial& trial) {
                        Node& node = trial.nodes.sentinels()[trial.random.number(3)];
                        node.server->pause();
                        let_pass(between(trial, 100, 2000));
                        node.server->resume();
                      }});
  }
  return faults;
}

void inject(Trial& trial, const Fault& fault) {
  try {
    trial.lossy = trial.lossy || fault.lossy;
    fault.play(trial);
    ++trial.injected[fault.name];
  } catch (const std::runtime_error& error) {
    trial.skipped.push_back(fault.name + ": " + error.what());
  }
}

}  // namespace

std::vector<Fault> faults_for(Servers servers, bool network) {
  std::vector<Fault> faults = server_faults(servers, network);
  const std::vector<Fault> light = light_faults(network);
  faults.insert(faults.end(), light.begin(), light.end());
  return faults;
}

void play(Trial& trial, const std::vector<Fault>& faults, milliseconds time) {
  const auto end = Clock::now() + time;
  std::vector<const Fault*> heavy, light;
  for (const Fault& fault : faults) (fault.heavy ? heavy : light).push_back(&fault);
  const auto play_light = [&] {
    if (light.empty()) return let_pass(50ms);
    inject(trial, *light[trial.random.number(light.size())]);
    let_pass(between(trial, 0, 30));
    trial.look_after_daemons();
  };
  while (Clock::now() < end && trial.incidents.size() <= 5) {
    for (std::size_t i = trial.random.number(5, 40); i > 0 && Clock::now() < end; --i) play_light();
    if (heavy.empty()) continue;
    const Fault& fault = *heavy[trial.random.number(heavy.size())];
    inject(trial, fault);
    // Light faults continue while the servers find each other again.
    const auto patience = Clock::now() + 60s;
    while (!trial.nodes.whole(0ms) && Clock::now() < patience) play_light();
    // That is up to the servers. Whether orderd serves the lanes again is judged next.
    if (!trial.nodes.whole(0ms)) trial.skipped.push_back("after " + fault.name + ": the servers did not recover");
    trial.recover(fault.name);
  }
}

}  // namespace orderd::chaos
