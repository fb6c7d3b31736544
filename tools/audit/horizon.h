// Up to where an audit looks, and what it cannot see: taken in one step at its beginning, so that all of it is of one
// moment.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "audit/id.h"

namespace orderd::audit {

struct StreamFacts {
  bool exists = false;
  uint64_t length = 0;
  uint64_t added = 0;  // entries ever added
  Id first;            // entry that is there; 0-0: none
  Id last;             // id ever given
  Id deleted;          // the greatest id that was ever deleted with XDEL
  // Was nothing ever taken away?
  [[nodiscard]] bool whole() const { return added == length; }
};

struct Horizon {
  StreamFacts orders;
  StreamFacts results;
  StreamFacts dead;
  Id newest_result;             // results up to it count
  std::optional<Id> delivered;  // requests up to it were read by the group; none: there is no group
  std::vector<Id> pending;      // in order
  Id from;                      // results before it were not read, as the caller wanted
  bool ranged = false;          // not all results were read, as the caller wanted
  uint64_t window_ms = 0;       // processing.dedup_window

  [[nodiscard]] bool is_pending(Id request) const {
    return std::binary_search(pending.begin(), pending.end(), request);
  }
  // The first result that was read or would have been.
  [[nodiscard]] Id first_result() const { return std::max(results.first, from); }
  // May there have been results before the first one?
  [[nodiscard]] bool results_cut() const { return !results.whole() || from > results.first; }
};

}  // namespace orderd::audit
