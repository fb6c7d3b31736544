// The outcome of a file of orders: counted, then printed as a summary.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "shared/outcomes.h"

namespace orderd::tools {

struct Tally : Outcomes {  // Outcomes: only with --wait
  uint64_t pushed = 0;
  uint64_t empty_lines = 0;
  uint64_t long_lines = 0;
  uint64_t resent = 0;  // after the connection was lost
  std::string first;    // request
  std::string last;
  std::chrono::milliseconds pushing{};
  std::chrono::milliseconds waiting{};  // with --wait: from the first push to the last result

  void print(bool waited) const;
  [[nodiscard]] Json json(bool waited) const;
};

}  // namespace orderd::tools
