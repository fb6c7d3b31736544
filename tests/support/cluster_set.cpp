// A node that is frozen or down does not reply in time, and is skipped.
#include "support/cluster_set.h"

#include <sstream>
#include <stdexcept>

#include "support/text.h"
#include "support/valkey_helpers.h"
#include "support/wait_for.h"
#include "valkey/slot.h"

namespace orderd::test {
namespace {

constexpr std::chrono::seconds kPatience{60};
constexpr std::chrono::milliseconds kAnswer{300};
constexpr std::chrono::milliseconds kFailover{6000};

// Empty if it does not reply, or replies with an error.
std::string answer_of(const ValkeyServer& server, const std::vector<std::string>& words) {
  auto client = valkey::SyncClient::connect(server.endpoint(), {"test", kAnswer, kAnswer});
  if (!client) return "";
  const auto reply = client->call(command_of(words));
  return reply && !(*reply)->is_error() ? std::string((*reply)->text()) : "";
}

std::string id_of(const ValkeyServer& server) {
  return answer_of(server, {"CLUSTER", "MYID"});
}

// One line of CLUSTER NODES.
struct Line {
  std::string id;
  std::string flags;
  std::string primary;
  uint64_t epoch = 0;
  std::string link;
  std::vector<std::string> slots;

  [[nodiscard]] bool is(const std::string& flag) const { return contains(flags, flag); }
  [[nodiscard]] bool serves(uint16_t slot) const {
    for (const std::string& range : slots) {
      if (range.starts_with('[')) continue;
      const int from = std::stoi(range), to = std::stoi(range.substr(range.find('-') + 1));  // "7" or "0-7"
      if (from <= slot && slot <= to) return true;
    }
    return false;
  }
};

std::vector<Line> lines_of(const ValkeyServer& server) {
  std::vector<Line> lines;
  std::istringstream text(answer_of(server, {"CLUSTER", "NODES"}));
  for (std::string row; std::getline(text, row);) {
    std::istringstream words(row);
    Line line;
    std::string address, sent, received;
    words >> line.id >> address >> line.flags >> line.primary >> sent >> received >> line.epoch >> line.link;
    for (std::string slot; words >> slot;) line.slots.push_back(slot);
    lines.push_back(std::move(line));
  }
  return lines;
}

// Of the node itself; empty if it does not reply.
Line own_line(const ValkeyServer& server) {
  for (const Line& line : lines_of(server)) {
    if (line.is("myself")) return line;
  }
  return {};
}

}  // namespace

void form_cluster(const std::vector<ClusterMember>& nodes) {
  const std::size_t primaries = nodes.size() / 2;
  auto first = nodes.front().server.client();
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    auto client = nodes[i].server.client();
    (void)ask(client, {"CLUSTER", "SET-CONFIG-EPOCH", std::to_string(i + 1)});
    if (i > 0) (void)ask(first, {"CLUSTER", "MEET", nodes[i].host, nodes[i].port, nodes[i].bus});
    if (i >= primaries) continue;
    const std::size_t from = valkey::kSlots * i / primaries, to = valkey::kSlots * (i + 1) / primaries - 1;
    (void)ask(client, {"CLUSTER", "ADDSLOTSRANGE", std::to_string(from), std::to_string(to)});
  }
  for (std::size_t i = primaries; i < nodes.size(); ++i) {
    const std::string primary = id_of(nodes[i - primaries].server);
    // Refused until it has heard of its primary.
    if (!poll_until([&] { return answer_of(nodes[i].server, {"CLUSTER", "REPLICATE", primary}) == "OK"; }, kPatience)) {
      throw std::runtime_error("a node does not become a replica");
    }
  }
}

ClusterSet::ClusterSet(const std::vector<std::string>& config, bool tls) {
  std::vector<ClusterMember> members;
  for (std::size_t i = 0; i < kNodes; ++i) {
    const std::string bus = std::to_string(free_port());
    ServerOptions options{
        .tcp = true,
        .config = {"cluster-enabled yes", "cluster-config-file nodes.conf", "cluster-port " + bus,
                   "cluster-node-timeout 1000", "cluster-require-full-coverage no", "repl-diskless-sync-delay 0"}};
    if (tls) {
      tls_ports_.push_back(free_port());
      options.config.push_back("tls-port " + std::to_string(tls_ports_.back()));
    }
    options.config.insert(options.config.end(), config.begin(), config.end());
    nodes_.push_back(std::make_unique<ValkeyServer>(options));
    // With tls-cluster, nodes know each other by their TLS ports.
    const std::string port = tls ? std::to_string(tls_ports_.back()) : nodes_.back()->port();
    members.push_back({*nodes_.back(), "127.0.0.1", port, bus});
  }
  form_cluster(members);
  wait_until_well();
}

std::string ClusterSet::url() const {
  std::string text = "valkey://127.0.0.1:";
  for (std::size_t i = 0; i < kPrimaries; ++i) text += (i == 0 ? "" : ",127.0.0.1:") + nodes_[i]->port();
  return text;
}

std::string ClusterSet::tls_url() const {
  std::string text = "valkeys://127.0.0.1:";
  for (std::size_t i = 0; i < kPrimaries; ++i) text += (i == 0 ? "" : ",127.0.0.1:") + std::to_string(tls_ports_[i]);
  return text;
}

std::size_t ClusterSet::primary_of(uint16_t slot) const {
  std::size_t found = kNodes;
  uint64_t newest = 0;
  for (std::size_t i = 0; i < kNodes; ++i) {
    const Line line = own_line(*nodes_[i]);
    if (!line.is("master") || !line.serves(slot) || line.epoch < newest) continue;
    newest = line.epoch;
    found = i;
  }
  return found;
}

std::size_t ClusterSet::wait_for_primary(uint16_t slot, std::size_t left) const {
  std::size_t found = kNodes;
  const auto known = [&] {
    found = primary_of(slot);
    return found != kNodes && found != left;
  };
  wait_for(known, kPatience, "a primary of slot " + std::to_string(slot));
  return found;
}

std::size_t ClusterSet::replica_of(uint16_t slot) const {
  const std::string primary = id_of(*nodes_[wait_for_primary(slot)]);
  for (std::size_t i = 0; i < kNodes; ++i) {
    const Line line = own_line(*nodes_[i]);
    if (line.is("slave") && line.primary == primary) return i;
  }
  return kNodes;
}

std::size_t ClusterSet::fail_over(uint16_t slot) {
  const std::size_t before = wait_for_primary(slot);
  const std::size_t replica = replica_of(slot);
  if (replica == kNodes) FAIL("the primary of slot ", slot, " has no replica");
  std::size_t now = before;
  const auto moved = [&] {
    now = primary_of(slot);
    return now != kNodes && now != before;
  };
  // It is refused while the replica is not ready, and may silently time out after 5 s.
  const auto done = [&] {
    return answer_of(*nodes_[replica], {"CLUSTER", "FAILOVER"}) == "OK" && poll_until(moved, kFailover);
  };
  wait_for(done, kPatience, "a failover");
  return now;
}

void ClusterSet::begin_move(uint16_t slot, std::size_t to) {
  const ValkeyServer &from = *nodes_[wait_for_primary(slot)], &target = *nodes_.at(to);
  auto source = from.client(), destination = target.client();
  (void)ask(destination, {"CLUSTER", "SETSLOT", std::to_string(slot), "IMPORTING", id_of(from)});
  (void)ask(source, {"CLUSTER", "SETSLOT", std::to_string(slot), "MIGRATING", id_of(target)});
}

void ClusterSet::finish_move(uint16_t slot, std::size_t to) {
  const std::string number = std::to_string(slot);
  const ValkeyServer& target = *nodes_.at(to);
  auto source = nodes_[wait_for_primary(slot)]->client(), destination = target.client();
  while (true) {
    const valkey::OwnedReply keys = send(source, command_of({"CLUSTER", "GETKEYSINSLOT", number, "100"}));
    if (keys->size() == 0) break;
    std::vector<std::string> words = {"MIGRATE", "127.0.0.1", target.port(), "", "0", "5000", "KEYS"};
    for (std::size_t i = 0; i < keys->size(); ++i) words.emplace_back(keys->at(i).text());
    (void)ask(source, words);
  }
  // The target first: otherwise the slot would briefly have no owner.
  for (auto* client : {&destination, &source}) {
    (void)ask(*client, {"CLUSTER", "SETSLOT", number, "NODE", id_of(target)});
  }
}

void ClusterSet::wait_until_well() const {
  for (const auto& node : nodes_) {
    const auto well = [&] {
      const auto lines = lines_of(*node);
      if (lines.size() != kNodes) return false;
      for (const Line& line : lines) {
        const bool follows = line.is("master") || line.primary != "-";
        if (line.link != "connected" || line.is("fail") || line.is("handshake") || !follows) return false;
      }
      const std::string replication = answer_of(*node, {"INFO", "replication"});
      return (contains(replication, "role:master") || contains(replication, "master_link_status:up")) &&
             contains(answer_of(*node, {"CLUSTER", "INFO"}), "cluster_state:ok");
    };
    wait_for(well, kPatience, "a healthy cluster");
  }
}

}  // namespace orderd::test
