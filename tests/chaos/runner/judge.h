// The verdict on a trial that was healed and drained: the producers' record and what a reader has seen, compared with
// the streams; and orderctl audit, which knows neither.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "chaos/runner/trial.h"

namespace orderd::chaos {

struct Verdict {
  std::vector<std::string> violations;  // empty: all promises were kept
  std::vector<std::string> skipped;     // faults that could not be injected
  uint64_t requests = 0;                // attempts of the producers
  uint64_t ok = 0;
  uint64_t failed = 0;
  uint64_t unknown = 0;  // of those, how many turned out to be there
  uint64_t recovered = 0;
  uint64_t deleted = 0;      // by a fault, and never settled
  uint64_t passed_over = 0;  // of these, what is in the stream again and the audit had to name
  uint64_t restarts = 0;     // times that the order of requests began again, as a fault explains
  uint64_t forgotten = 0;    // acknowledged, then lost by the server (lossy trials only)
  uint64_t results = 0;
  uint64_t replies = 0;
  std::map<std::string, uint64_t> outcomes;  // by status or reason
  std::string audit;                         // what orderctl audit --json said
};

// Throws std::runtime_error where the trial cannot be looked at.
[[nodiscard]] Verdict judge(Trial& trial);

}  // namespace orderd::chaos
