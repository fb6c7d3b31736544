// The outcome of a file of orders: counted, then printed as a summary.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "shared/entry.h"
#include "shared/output.h"

namespace orderd::tools {

struct Tally {
  uint64_t pushed = 0;
  uint64_t empty_lines = 0;
  uint64_t long_lines = 0;
  uint64_t resent = 0;  // after the connection was lost
  std::string first;    // request
  std::string last;
  std::chrono::milliseconds pushing{};
  // Only with --wait.
  uint64_t accepted = 0;
  uint64_t duplicates = 0;
  std::map<std::string, uint64_t> rejected;  // by reason
  uint64_t missing = 0;                      // requests without a result
  std::chrono::milliseconds waiting{};       // from the first push to the last result

  void count(const Entry& result);
  void print(bool waited) const;
  [[nodiscard]] Json json(bool waited) const;
};

}  // namespace orderd::tools
