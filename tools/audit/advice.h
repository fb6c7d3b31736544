// What to do about violations whose cause is known: stock that was changed by hand, and orders streams that share a
// results stream.
#pragma once

#include <string>
#include <vector>

#include "audit/findings.h"
#include "audit/link.h"
#include "audit/options.h"

namespace orderd::audit {

// Sentences for people. What the server does not let this user ask is left out.
[[nodiscard]] std::vector<std::string> advice_on(Link& link, const Options& options, const Findings& findings);

}  // namespace orderd::audit
