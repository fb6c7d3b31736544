// The verdict on a trial that was healed and drained. It compares the streams with the producers' record and with what
// a reader has seen. It also runs orderctl audit, which knows neither.
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
  uint64_t requests = 0;                // by the producers
  uint64_t ok = 0;
  uint64_t failed = 0;
  uint64_t unknown = 0;  // of those without a reply, how many were in the stream
  uint64_t recovered = 0;
  uint64_t deleted = 0;      // by a fault, before they were settled
  uint64_t passed_over = 0;  // of these, restored in the stream without a result
  uint64_t restarts = 0;     // of the order of requests, explained by a fault
  uint64_t forgotten = 0;    // acknowledged, then lost by the server (lossy trials)
  uint64_t results = 0;
  uint64_t replies = 0;
  std::map<std::string, uint64_t> outcomes;  // by status or reason
  std::string audit;                         // of orderctl audit --json
};

// Throws std::runtime_error if the trial cannot be judged.
[[nodiscard]] Verdict judge(Trial& trial);

}  // namespace orderd::chaos
