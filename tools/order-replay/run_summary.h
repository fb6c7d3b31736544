// The outcome of a run: counted, then printed.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "order-replay/histogram.h"
#include "shared/entry.h"
#include "shared/output.h"

namespace orderd::replay {

struct RunSummary {
  uint64_t pushed = 0;   // appended, confirmed by the server
  uint64_t failed = 0;   // refused and not resent
  uint64_t unknown = 0;  // sent, unknown whether pushed, and not resent
  uint64_t resent = 0;   // how often a request was sent again that may have been pushed before
  uint64_t stock_set = 0;
  std::string first;  // request
  std::string last;
  std::string results_after;  // the results stream's last entry before the run
  uint64_t begin_ns = 0;
  uint64_t pushed_ns = 0;  // the last reply to a push
  bool stopped = false;    // by a signal or a failure
  bool all_pushed = false;
  bool outcomes_known = false;  // each request that was sent was answered and appended
  uint64_t next_line = 0;       // where to resume
  Histogram push_lag;           // ns from due to sent: the lateness of this tool

  bool waited = false;  // what follows is only valid then
  uint64_t accepted = 0;
  uint64_t duplicates = 0;
  std::map<std::string, uint64_t> rejected;  // by reason
  uint64_t missing = 0;                      // requests without a result
  uint64_t result_ns = 0;                    // the last result
  Histogram latency;                         // ns from due to result

  // Where a result counts. One that is neither accepted nor a duplicate counts by its reason.
  [[nodiscard]] uint64_t& figure_of(const tools::Entry& result);
  [[nodiscard]] uint64_t all_rejected() const;
  [[nodiscard]] uint64_t results() const { return accepted + duplicates + all_rejected(); }
  void print() const;
  // The same without the figures about time that a load test wants. `skipped`: more lines about what was pushed.
  void print_outcomes(const std::string& skipped) const { print_parts(skipped, "\n"); }
  [[nodiscard]] tools::Json json() const;

 private:
  void print_parts(const std::string& after_pushed, const std::string& after_results) const;
  void print_table() const;
};

}  // namespace orderd::replay
