// A node that is frozen or down does not reply in time, and is skipped.
#include "support/cluster_set.h"

#include <charconv>
#include <sstream>
#include <stdexcept>

#include "support/valkey_helpers.h"
#include "support/wait_for.h"
#include "valkey/slot.h"

namespace orderd::test {
namespace {

constexpr std::chrono::seconds kPatience{60};
constexpr std::chrono::milliseconds kAnswer{300};
constexpr std::chrono::milliseconds kFailover{6000};

std::string port_of(const ValkeyServer& server) {
  return std::to_string(server.tcp_endpoint().port);
}

// Empty if it does not reply, or replies with an error.
std::string answer_of(const ValkeyServer& server, const std::vector<std::string>& words) {
  auto client = valkey::SyncClient::connect(server.endpoint(), {"test", kAnswer, kAnswer});
  if (!client) return "";
  const auto reply = client->call(command_of(words));
  return reply && !(*reply)->is_error() ? std::string((*reply)->text()) : "";
}

// One line of CLUSTER NODES.
struct Line {
  std::string id;
  std::string flags;
  std::string primary;
  uint64_t epoch = 0;
  std::string link;
  std::vector<std::string> slots;

  [[nodiscard]] bool is(const std::string& flag) const { return flags.find(flag) != std::string::npos; }
  [[nodiscard]] bool serves(uint16_t slot) const {
    for (const std::string& range : slots) {
      if (range.starts_with('[')) continue;
      const std::size_t dash = range.find('-');
      const int from = std::stoi(range), to = dash == std::string::npos ? from : std::stoi(range.substr(dash + 1));
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
    const std::string primary = answer_of(nodes[i - primaries].server, {"CLUSTER", "MYID"});
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
    const std::string port = tls ? std::to_string(tls_ports_.back()) : port_of(*nodes_.back());
    members.push_back({*nodes_.back(), "127.0.0.1", port, bus});
  }
  form_cluster(members);
  wait_until_well();
}

std::string ClusterSet::url() const {
  std::string text = "valkey://";
  for (std::size_t i = 0; i < kPrimaries; ++i) text += (i == 0 ? "" : ",") + ("127.0.0.1:" + port_of(*nodes_[i]));
  return text;
}

std::string ClusterSet::tls_url() const {
  std::string text = "valkeys://";
  for (std::size_t i = 0; i < kPrimaries; ++i)
    text += (i == 0 ? "" : ",") + ("127.0.0.1:" + std::to_string(tls_ports_[i]));
  return text;
}

std::string ClusterSet::id_of(std::size_t index) const {
  return answer_of(*nodes_.at(index), {"CLUSTER", "MYID"});
}

std::size_t ClusterSet::primary_of(uint16_t slot) const {
  std::size_t found = kNodes;
  uint64_t newest = 0;
  for (std::size_t i = 0; i < kNodes; ++i) {
    for (const Line& line : lines_of(*nodes_[i])) {
      if (!line.is("myself") || !line.is("master") || !line.serves(slot) || line.epoch < newest) continue;
      newest = line.epoch;
      found = i;
    }
  }
  return found;
}

std::size_t ClusterSet::wait_for_primary(uint16_t slot, std::size_t left) const {
  std::size_t found = kNodes;
  wait_for(
      [&] {
        found = primary_of(slot);
        return found != kNodes && found != left;
      },
      kPatience, "a primary of slot " + std::to_string(slot));
  return found;
}

std::size_t ClusterSet::replica_of(uint16_t slot) const {
  const std::string primary = id_of(wait_for_primary(slot));
  for (std::size_t i = 0; i < kNodes; ++i) {
    for (const Line& line : lines_of(*nodes_[i])) {
      if (line.is("myself") && line.is("slave") && line.primary == primary) return i;
    }
  }
  return kNodes;
}

std::size_t ClusterSet::fail_over(uint16_t slot) {
  const std::size_t before = wait_for_primary(slot);
  const std::size_t replica = replica_of(slot);
  if (replica == kNodes) FAIL("the primary of slot ", slot, " has no replica");
  std::size_t now = before;
  // It is refused while the replica is not ready, and may silently time out after 5 s.
  const auto done = [&] {
    if (answer_of(*nodes_[replica], {"CLUSTER", "FAILOVER"}) != "OK") return false;
    return poll_until(
        [&] {
          now = primary_of(slot);
          return now != kNodes && now != before;
        },
        kFailover);
  };
  wait_for(done, kPatience, "a failover");
  return now;
}

void ClusterSet::begin_move(uint16_t slot, std::size_t to) {
  const std::size_t from = wait_for_primary(slot);
  auto source = nodes_[from]->client();
  auto target = nodes_.at(to)->client();
  (void)ask(target, {"CLUSTER", "SETSLOT", std::to_string(slot), "IMPORTING", id_of(from)});
  (void)ask(source, {"CLUSTER", "SETSLOT", std::to_string(slot), "MIGRATING", id_of(to)});
}

void ClusterSet::finish_move(uint16_t slot, std::size_t to) {
  const std::string number = std::to_string(slot);
  auto source = nodes_[wait_for_primary(slot)]->client();
  auto target = nodes_.at(to)->client();
  while (true) {
    const valkey::OwnedReply keys = send(source, command_of({"CLUSTER", "GETKEYSINSLOT", number, "100"}));
    if (keys->size() == 0) break;
    std::vector<std::string> words = {"MIGRATE", "127.0.0.1", port_of(*nodes_[to]), "", "0", "5000", "KEYS"};
    for (std::size_t i = 0; i < keys->size(); ++i) words.emplace_back(keys->at(i).text());
    (void)ask(source, words);
  }
  // The target first: otherwise the slot would briefly have no owner.
  (void)ask(target, {"CLUSTER", "SETSLOT", number, "NODE", id_of(to)});
  (void)ask(source, {"CLUSTER", "SETSLOT", number, "NODE", id_of(to)});
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
      return replication.find("master_link_status:down") == std::string::npos &&
             answer_of(*node, {"CLUSTER", "INFO"}).find("cluster_state:ok") != std::string::npos;
    };
    wait_for(well, kPatience, "a healthy cluster");
  }
  std::size_t primaries = 0;
  for (const Line& line : lines_of(*nodes_.front())) primaries += line.is("master") ? 1U : 0U;
  wait_for(
      [&] {
        std::size_t replicas = 0;
        for (const auto& node : nodes_) {
          replicas += answer_of(*node, {"INFO", "replication"}).find("master_link_status:up") != std::string::npos;
        }
        return replicas + primaries == kNodes;
      },
      kPatience, "all replicas to follow");
}

}  // namespace orderd::test
