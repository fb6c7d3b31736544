// The verdict on a world that was healed and drained: the producers' record and what a reader has seen, held against
// the streams; and orderctl audit, which knows neither.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "chaos/runner/world.h"

namespace orderd::chaos {

struct Verdict {
  std::vector<std::string> violations;  // empty: all promises were kept
  std::vector<std::string> hindrances;  // faults that could not be played
  uint64_t requests = 0;                // attempts of the producers
  uint64_t ok = 0;
  uint64_t failed = 0;
  uint64_t unknown = 0;  // of those, how many turned out to be there
  uint64_t recovered = 0;
  uint64_t excused = 0;      // deleted or passed over by a fault, and never settled
  uint64_t passed_over = 0;  // of these, what is there and the audit had to name
  uint64_t forgotten = 0;    // acknowledged, then lost with the server's memory (lossy worlds only)
  uint64_t results = 0;
  std::map<std::string, uint64_t> outcomes;  // by status or reason
  std::string audit;                         // what orderctl audit --json said
};

// Throws std::runtime_error where the world cannot be looked at.
[[nodiscard]] Verdict judge(World& world);

}  // namespace orderd::chaos
