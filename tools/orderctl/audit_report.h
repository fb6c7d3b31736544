// What an audit found, as text or as JSON.
#pragma once

#include <chrono>

#include "audit/audit.h"
#include "shared/output.h"

namespace orderd::tools {

[[nodiscard]] Json json_of(const audit::Report& report, std::chrono::milliseconds took);
void print_report(const audit::Report& report, std::chrono::milliseconds took);

}  // namespace orderd::tools
