// First come, first served, held against what faults did to the orders stream: where the order of requests may begin
// again, and which requests may have no result.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "chaos/runner/ledger.h"
#include "chaos/runner/record.h"

namespace orderd::chaos {

struct OrderCheck {
  std::set<EntryId> restarts;             // results at which the order begins again, as a fault explains
  std::set<EntryId> unanswered;           // requests in the stream that have no result, as a fault explains
  std::vector<std::string> out_of_order;  // violations
  std::vector<std::string> passed_over;   // likewise: waited while the stream was away, and should have a result
};

[[nodiscard]] OrderCheck check_order(const Record::Contents& record, const Ledger& ledger);

}  // namespace orderd::chaos
