// orderctl lane: the lane of an SKU, and names for lanes. Asks no server.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "shared/program.h"

namespace CLI {
class App;
}

namespace orderd::tools {

class Lane {
 public:
  Lane(CLI::App& parent, Program& program);
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

 private:
  void add_names(CLI::App& lane, Program& program);

  std::vector<std::string> skus_;
  uint64_t count_ = 0;
  uint64_t nodes_ = 1;
  std::string prefix_ = "l";
};

}  // namespace orderd::tools
