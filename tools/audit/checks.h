// The checks. audit.cpp gives each of them one result after another, in the order of the results stream.
#pragma once

#include <memory>

#include "audit/audit.h"

namespace orderd::audit {

// What each check works with. All of it outlives the checks.
struct Task {
  Link& link;
  const Options& options;
  Horizon& horizon;
  Findings& findings;
  Counts& counts;
};

// Read in one atomic step.
[[nodiscard]] Horizon take_horizon(Link& link, const Options& options);
// Updates where the streams begin, after everything read from the link so far. For findings that depend on what was
// trimmed meanwhile.
void refresh(const Task& task);

class Checker {
 public:
  explicit Checker(const Task& task)
      : task_(task), horizon_(task.horizon), findings_(task.findings), counts_(task.counts) {}
  virtual ~Checker() = default;
  Checker(const Checker&) = delete;
  Checker& operator=(const Checker&) = delete;
  // The next result. Those before it in the list have seen it.
  virtual void take(ResultEntry& result) = 0;
  // After the last result.
  virtual void end() {}

 protected:
  const Task task_;
  const Horizon& horizon_;
  Findings& findings_;
  Counts& counts_;
};
using CheckerPtr = std::unique_ptr<Checker>;

// Results and requests have the same order: one walk over both finds each result's request, and each request without a
// result. Fills in what the request asked for. settle.lua moves the position in the same step that writes the results.
[[nodiscard]] CheckerPtr check_requests(const Task& task);

// Dead letters are in the order of their malformed results, so walking both matches them one to one. A letter that was
// requeued or discarded is gone, and a later entry of the results stream records that: a malformed result without its
// letter waits for that entry.
[[nodiscard]] CheckerPtr check_letters(const Task& task);

// Which order IDs were decided, and by which result: at most one decision of an ID within the window, and duplicates
// and reused IDs refer to it. A hash table of bounded size; if it cannot hold all IDs, the audit reads the results
// several times, with one partition of the IDs in each pass. Also compares the records of a few thousand orders spread
// over the whole ledger.
struct Part {
  uint64_t number = 0;
  uint64_t of = 1;
};
[[nodiscard]] uint64_t parts_of(const Task& task);
[[nodiscard]] CheckerPtr check_decisions(const Task& task, Part part);

// The stock of each SKU by the rules, and whether each entry follows from those before it. At the end, compares all
// stock keys with it while orders are being settled. Memory grows with the number of SKUs, not of results.
[[nodiscard]] CheckerPtr check_stock(const Task& task);

}  // namespace orderd::audit
