// What became of a run: counted, then printed.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "replay/histogram.h"
#include "shared/entry.h"
#include "shared/output.h"

namespace orderd::replay {

struct RunSummary {
  uint64_t pushed = 0;   // appended, as the server has answered
  uint64_t failed = 0;   // refused, and not sent again
  uint64_t unknown = 0;  // nobody knows, and not sent again
  uint64_t resent = 0;   // times that a request was sent again
  uint64_t stock_set = 0;
  std::string first;  // request
  std::string last;
  std::string results_after;  // the results stream's last entry before the run
  uint64_t begin_ns = 0;
  uint64_t pushed_ns = 0;  // the last answer to a push
  bool stopped = false;    // by a signal, or by a failure
  uint64_t next_line = 0;  // from which to go on
  Histogram push_lag;      // ns from due to sent: the error of this tool

  bool waited = false;  // below: only then
  uint64_t accepted = 0;
  uint64_t duplicates = 0;
  std::map<std::string, uint64_t> rejected;  // by reason
  uint64_t missing = 0;
  uint64_t result_ns = 0;  // the last result
  Histogram latency;       // ns from due to result

  [[nodiscard]] uint64_t results() const { return latency.count(); }
  void count(const tools::Entry& result);
  void print() const;
  [[nodiscard]] tools::Json json() const;
};

}  // namespace orderd::replay
