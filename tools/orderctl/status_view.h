// How the facts of status_facts.h are shown.
#pragma once

#include <string>

#include "orderctl/status_facts.h"
#include "shared/output.h"

namespace orderd::tools {

// Of one lane; `lane`: its name, empty if it has none.
void print_page(const StatusFacts& facts, const std::string& lane);
[[nodiscard]] Json json_of(const StatusFacts& facts);
// The rows of a server alone.
void print_server(const ServerFacts& server);

}  // namespace orderd::tools
