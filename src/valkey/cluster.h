// Finds the primary of a slot in a cluster.
//
// Before each connect, all known nodes are asked CLUSTER SHARDS in parallel, once for all callers. Each caller gets the
// first useful answer. Nodes that answers name are asked the next time.
//
// A node that was cut off or frozen names the previous primaries. So a caller that has just left a server prefers
// answers that name another one, and MOVED comes before everything else. A silent server is left only for the one that
// most nodes name.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "loop/loop.h"
#include "valkey/cluster_map.h"
#include "valkey/topology.h"

namespace orderd::valkey {

class Line;

class Cluster {
 public:
  // Some nodes, at least one. Called before each round, since passwords may be in files that change.
  using Source = std::function<Result<std::vector<Endpoint>>()>;

  Cluster(Loop& loop, Source seeds);
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  // For one link: finds the primary of this slot. The cluster must outlive it.
  [[nodiscard]] std::unique_ptr<Topology> topology(uint16_t slot);

 private:
  class Slot;
  struct Question;

  void add(Question& question);
  void withdraw(const Question& question);
  void begin();
  [[nodiscard]] std::vector<Endpoint> nodes_to_ask(const std::vector<Endpoint>& seeds);
  void on_answer(const Endpoint& node, const Reply& reply);
  void on_no_answer(const Endpoint& node, const Error& error);
  void take(const Endpoint& node, const ClusterMap& map);
  void learn(const Endpoint& node);
  [[nodiscard]] Question* one_of_this_round() const;
  void one_less();
  void finish();
  [[nodiscard]] Failure why_not(uint16_t slot) const;

  Loop& loop_;
  Source seeds_;
  Timer begin_;
  Timer patience_;
  std::vector<Endpoint> known_;       // all nodes that answers named
  std::size_t first_asked_ = 0;       // of many nodes only some are asked, different ones each time
  std::vector<Question*> questions_;  // unanswered, including those for the next round
  // One round: all nodes are asked once.
  uint64_t round_ = 0;
  bool asking_ = false;
  std::size_t outstanding_ = 0;  // nodes
  std::size_t answers_ = 0;
  bool has_slots_ = false;
  std::string slotless_;  // a node without a cluster
  std::string failures_;
  std::optional<Endpoint> last_resort_;       // a node that refused: its replies to commands may say why
  std::vector<std::unique_ptr<Line>> lines_;  // last: their ends use the other members
};

// The same for a blocking client: asks one node after another, each for at most half a second. The failure names every
// node and what was wrong with it.
[[nodiscard]] Result<Endpoint> ask_cluster(const std::vector<Endpoint>& seeds, uint16_t slot,
                                           const std::string& client_name);

}  // namespace orderd::valkey
