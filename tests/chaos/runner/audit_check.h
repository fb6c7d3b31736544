// Runs orderctl audit at the end of a trial.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "chaos/runner/trial.h"

namespace orderd::chaos {

struct AuditCheck {
  std::string output;                    // what orderctl audit --json said
  std::optional<std::string> complaint;  // not clean, or it has named other requests than it had to
};

// `unanswered`: requests that are in the stream and have no result, as they should; it has to name just these.
[[nodiscard]] AuditCheck check_audit(Trial& trial, const std::set<EntryId>& unanswered);

}  // namespace orderd::chaos
