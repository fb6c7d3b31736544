// Compares the verdict of orderctl audit at the end of a trial with what the faults explain.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "order-chaos/order_check.h"

namespace orderd::chaos {

struct AuditVerdict {
  int status = 0;
  std::string output;  // of orderctl audit --json
  std::string errors;
};

// The audit sees only what is left. It must name exactly the requests that are in the stream without a result. If a
// fault caused it, it may also report a restart of the order of requests, a request that was never in the stream, and
// stock that was not a number. Returns what else it reports, or fails to report.
[[nodiscard]] std::optional<std::string> check_audit(const AuditVerdict& verdict, const OrderCheck& order,
                                                     const std::vector<IdRange>& discarded);

}  // namespace orderd::chaos
