// Which daemon should serve which lane, if several daemons share lanes. Each computes the same from the same names:
// rendezvous hashing with equal shares, give or take one lane. Few lanes move when a daemon joins or leaves.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace orderd::lane {

class Shares {
 public:
  // `lanes`: their names.
  explicit Shares(std::vector<std::string> lanes) : lanes_(std::move(lanes)) {}

  // Which of `daemons` should serve the lane `index`. `daemons`: not empty, in any order, possibly with repeated names.
  [[nodiscard]] const std::string& daemon_for(std::size_t index, std::vector<std::string> daemons);

 private:
  void assign();

  std::vector<std::string> lanes_;
  std::vector<std::string> daemons_;   // of the last question, sorted
  std::vector<std::size_t> assigned_;  // of each lane: which of daemons_
};

}  // namespace orderd::lane
