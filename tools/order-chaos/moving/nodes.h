// The servers of a trial whose primaries move: a Valkey Cluster of three primaries and three replicas, or a primary
// with a replica and three sentinels; with TLS or without. Each node has its own loopback address, so that nodes can be
// partitioned from each other while clients, which connect from 127.0.0.1, still reach them.
#pragma once

#include "support/certificates.h"
#include "support/seed.h"
#include "support/valkey_server.h"
#include "valkey/sync_client.h"

namespace orderd::chaos {

enum class Servers { kCluster, kSentinels };

struct Node {
  std::unique_ptr<test::ValkeyServer> server;
  std::string host;
  uint16_t port = 0;  // for clients: with TLS, if the trial has it
  bool down = false;  // killed or frozen by a current fault
};

// The password of the daemons' user is rotated. Producers and the injector are the default user.
class Nodes {
 public:
  Nodes(Servers kind, bool tls);
  Nodes(const Nodes&) = delete;
  Nodes& operator=(const Nodes&) = delete;

  [[nodiscard]] std::vector<Node>& data() { return data_; }
  [[nodiscard]] std::vector<Node>& sentinels() { return sentinels_; }
  // The [valkey] section of a daemon's settings.
  [[nodiscard]] std::string settings(const std::string& password_file) const;
  // As a client finds the primary that serves this key: asks any node or sentinel.
  [[nodiscard]] Result<valkey::SyncClient> find_primary(const std::string& key, test::Random& random,
                                                        const valkey::SyncClient::Options& options) const;

  // A connection of the injector, through the node's Unix socket. Throws std::runtime_error.
  [[nodiscard]] static valkey::SyncClient admin(const Node& node);
  // The reply as text; an error begins with '-'. Throws std::runtime_error if the connection fails.
  static std::string tell(const Node& node, const std::vector<std::string>& words);
  // The same, but a connection that fails is an error, too.
  static std::string tell_if_up(const Node& node, const std::vector<std::string>& words);
  // "master" or "slave"; empty if it does not reply.
  [[nodiscard]] static std::string role(const Node& node);
  // The nodes that are up and report that they are primaries; in a cluster, those with slots.
  [[nodiscard]] std::vector<Node*> primaries() { return with_role("master"); }
  [[nodiscard]] std::vector<Node*> replicas() { return with_role("slave"); }
  // The primary that serves this key; null if there is none at the moment.
  [[nodiscard]] Node* primary_of(const std::string& key);
  // Waits until all nodes are up, connected and caught up, each shard with one primary, and all agree which node has
  // which slots. False after `patience`.
  [[nodiscard]] bool whole(std::chrono::milliseconds patience);
  // After a restart: applies what the configuration file does not contain.
  void restore(const Node& node);
  void set_password(const std::string& password) {
    password_ = password;
    for (const Node& node : data_) {
      if (!node.down) restore(node);
    }
  }

 private:
  void make_cluster();
  void make_sentinels();
  // Adds it to `nodes`. `label`: of its certificate.
  Node& make_node(std::vector<Node>& nodes, const std::string& label, test::ServerOptions options);
  [[nodiscard]] std::vector<Node*> with_role(const std::string& role);
  [[nodiscard]] valkey::Endpoint at(const std::string& host, uint16_t port) const;
  [[nodiscard]] bool looks_whole();

  Servers kind_;
  bool tls_;
  std::unique_ptr<test::Authority> authority_;
  std::vector<Node> data_;
  std::vector<Node> sentinels_;
  int made_ = 0;
  std::string password_ = "first";
};

}  // namespace orderd::chaos
