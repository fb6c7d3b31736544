// Runs orderctl audit at the end of a trial, and compares its verdict with what the faults explain.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "chaos/runner/order_check.h"
#include "chaos/runner/trial.h"

namespace orderd::chaos {

struct AuditVerdict {
  int status = 0;
  std::string output;  // what orderctl audit --json said
  std::string errors;
};
[[nodiscard]] AuditVerdict run_audit(Trial& trial);

// The audit sees only what is left. It has to name just the requests that are in the stream and have no result.
// Besides, it may say that the order of requests begins again, that a request never was in the stream, and that stock
// was no number: where a fault did just that. Answers what else it says, or does not say.
[[nodiscard]] std::optional<std::string> check_audit(const AuditVerdict& verdict, const OrderCheck& order,
                                                     const std::vector<IdRange>& discarded);

}  // namespace orderd::chaos
