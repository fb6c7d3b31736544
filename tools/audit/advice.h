// What to do about violations with a known cause: stock changed by hand, and orders streams that share a results
// stream.
#pragma once

#include <string>
#include <vector>

#include "audit/findings.h"
#include "audit/link.h"
#include "audit/options.h"

namespace orderd::audit {

// Sentences to print. What this user has no right to read is left out.
[[nodiscard]] std::vector<std::string> advice_on(Link& link, const Options& options, const Findings& findings);

}  // namespace orderd::audit
