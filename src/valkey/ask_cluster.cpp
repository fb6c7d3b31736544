// Asks one node after the other, for clients that block.
#include <algorithm>
#include <chrono>

#include "valkey/cluster.h"
#include "valkey/cluster_answers.h"
#include "valkey/sync_client.h"

namespace orderd::valkey {
namespace {

constexpr std::chrono::milliseconds kBlocking{500};  // to connect to a node, and for its reply

}  // namespace

Command shards_command() {
  return Command::of("CLUSTER", "SHARDS");
}

std::string shards_refusal(const Endpoint& node, const Reply& reply) {
  const std::string text = node.redacted() + " refused CLUSTER SHARDS: " + std::string(reply.text());
  if (reply.text().find("cluster support disabled") != std::string_view::npos)
    return text + "; set valkey.cluster = false";
  return reply.error() == ErrorKind::kRefused ? text + "; grant this user +cluster|shards" : text;
}

std::string no_primary(uint16_t slot) {
  return "slot " + std::to_string(slot) + " of the cluster has no primary that is online";
}

std::string no_slots(const Endpoint& node) {
  return node.redacted() + " is in no cluster yet, or in one without slots: create it with valkey-cli --cluster create";
}

bool contains(const std::vector<Endpoint>& nodes, const Endpoint& node) {
  return std::any_of(nodes.begin(), nodes.end(), [&](const Endpoint& each) { return each.same_address(node); });
}

void append_failure(std::string& failures, const std::string& failure) {
  failures.append(failures.empty() ? "" : "; ").append(failure);
}

Result<Endpoint> ask_cluster(const std::vector<Endpoint>& seeds, uint16_t slot, const std::string& client_name) {
  std::string failures;
  std::vector<Endpoint> nodes = seeds;
  // It grows: nodes name others.
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const Endpoint node = nodes[i];
    auto client =
        SyncClient::connect(node, {.name = client_name, .connect_timeout = kBlocking, .reply_timeout = kBlocking});
    if (!client) {
      append_failure(failures, client.error());
      continue;
    }
    const auto reply = client->call(shards_command());
    if (!reply || (*reply)->is_error()) {
      append_failure(failures, reply ? shards_refusal(node, reply->view()) : reply.error());
      continue;
    }
    const ClusterMap map = read_shards(reply->view(), node);
    if (const auto primary = map.primary_of(slot)) return *primary;
    const std::string reason = map.has_slots ? no_primary(slot) : no_slots(node);
    if (failures.find(reason) == std::string::npos) append_failure(failures, reason);
    for (const Endpoint& named : map.nodes) {
      if (!contains(nodes, named)) nodes.push_back(named);
    }
  }
  return Failure{failures};
}

}  // namespace orderd::valkey
