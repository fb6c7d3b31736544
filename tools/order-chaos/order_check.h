// Checks that requests were settled in order, given the faults of the orders stream: where the order may restart, and
// which requests may have no result.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "order-chaos/ledger.h"
#include "order-chaos/record.h"

namespace orderd::chaos {

struct OrderCheck {
  std::set<EntryId> restarts;             // results at which the order restarts, explained by a fault
  std::set<EntryId> unanswered;           // requests in the stream without a result, explained by a fault
  std::vector<std::string> out_of_order;  // violations
  std::vector<std::string> passed_over;   // violations: unsettled while the stream was absent, no result since
};

[[nodiscard]] OrderCheck check_order(const Record& record, const Ledger& ledger);

}  // namespace orderd::chaos
