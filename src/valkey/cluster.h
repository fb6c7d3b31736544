// A cluster: which node is the primary of a slot.
//
// It is asked before each connect, all nodes that are known at once, with CLUSTER SHARDS. One question at a time is
// under way, for all who want to know; the first answer that is of use to one of them is his. Every node that was named
// is asked the next time.
//
// A node that was cut off or frozen names the primaries from before. So whoever has just left a server prefers an
// answer that names another one, and follows MOVED before anything else. A server that has become silent is left only
// for what most nodes name.
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
  // Some nodes, at least one. Called before each question: passwords may be in files that change.
  using Source = std::function<Result<std::vector<Endpoint>>()>;

  Cluster(Loop& loop, Source seeds);
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  // Of the primary of this slot, for as many links as there are. The cluster must outlive it.
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
  std::vector<Endpoint> known_;       // every node that was named
  std::size_t first_asked_ = 0;       // of many nodes only some are asked: others each time
  std::vector<Question*> questions_;  // not answered yet, also those for the next round
  // One round: all nodes are asked once.
  uint64_t round_ = 0;
  bool asking_ = false;
  std::size_t outstanding_ = 0;  // nodes
  std::size_t answers_ = 0;
  bool has_slots_ = false;
  std::string slotless_;  // a node that is in no cluster
  std::string failures_;
  std::optional<Endpoint> last_resort_;       // a node that refused to answer; its replies to commands may say more
  std::vector<std::unique_ptr<Line>> lines_;  // last: their ends touch the rest
};

// The same for a client that blocks, such as a tool: nodes are asked in turn, each for at most half a second. The
// failure names every node and what was wrong with it.
[[nodiscard]] Result<Endpoint> ask_cluster(const std::vector<Endpoint>& seeds, uint16_t slot,
                                           const std::string& client_name);

}  // namespace orderd::valkey
