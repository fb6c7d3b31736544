// A real cluster: three primaries with a replica each. Timeouts are short: a node counts as failed after a second, and
// a slot without a primary does not stop the others.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "support/valkey_server.h"

namespace orderd::test {

// A cluster node: the address by which the others know it, and the port of its bus.
struct ClusterMember {
  ValkeyServer& server;
  std::string host;
  std::string port;
  std::string bus;
};
// The first half of the nodes become primaries with equal shares of the slots; node `i + half` becomes the replica of
// node `i`. Returns when each has heard of its primary. Throws std::runtime_error if that takes too long.
void form_cluster(const std::vector<ClusterMember>& nodes);

class ClusterSet {
 public:
  static constexpr std::size_t kPrimaries = 3;
  static constexpr std::size_t kNodes = 6;

  // Returns when all slots are served and every replica follows. `config`: more lines for each node. Node `i` is a
  // primary of a third of the slots, and node `i + kPrimaries` its replica.
  // `tls`: each node also has a TLS port, for which `config` names the certificates.
  explicit ClusterSet(const std::vector<std::string>& config = {}, bool tls = false);

  ValkeyServer& node(std::size_t index) { return *nodes_.at(index); }
  // The first three nodes, for valkey.url.
  [[nodiscard]] std::string url() const;
  [[nodiscard]] std::string tls_url() const;

  // The node that serves a slot, according to the newest configuration of all nodes that reply; kNodes: none.
  [[nodiscard]] std::size_t primary_of(uint16_t slot) const;
  // Waits for one other than `left`.
  std::size_t wait_for_primary(uint16_t slot, std::size_t left = kNodes) const;
  // A connection to it.
  [[nodiscard]] valkey::SyncClient client_of(uint16_t slot) const { return nodes_[wait_for_primary(slot)]->client(); }
  // A replica of its primary; kNodes: none.
  [[nodiscard]] std::size_t replica_of(uint16_t slot) const;

  // A manual failover: both nodes are up. Returns the new primary.
  std::size_t fail_over(uint16_t slot);
  // Migrates a slot key by key. The first function starts the migration, which may be left at that.
  void begin_move(uint16_t slot, std::size_t to);
  void finish_move(uint16_t slot, std::size_t to);
  // Waits until every node reports that all slots are served and that all other nodes are up.
  void wait_until_well() const;

 private:
  std::vector<std::unique_ptr<ValkeyServer>> nodes_;
  std::vector<uint16_t> tls_ports_;
};

}  // namespace orderd::test
