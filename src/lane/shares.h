// Which daemon is to serve which lane, where several daemons share lanes. Every daemon computes the same from the same
// names: rendezvous hashing, with an equal share of the lanes for each, give or take one, so that few lanes move when a
// daemon comes or goes.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace orderd::lane {

class Shares {
 public:
  // For lanes of these names.
  explicit Shares(std::vector<std::string> lanes) : lanes_(std::move(lanes)) {}

  // The daemon that is to serve the lane `index`, among `daemons`: not empty, in any order, a name may be there twice.
  [[nodiscard]] const std::string& daemon_for(std::size_t index, std::vector<std::string> daemons);

 private:
  void assign();

  std::vector<std::string> lanes_;
  std::vector<std::string> daemons_;   // of the last question, sorted
  std::vector<std::size_t> assigned_;  // of each lane: which of daemons_
};

}  // namespace orderd::lane
