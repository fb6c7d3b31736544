// What an audit found, as text or as JSON.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "audit/audit.h"
#include "shared/output.h"

namespace orderd::tools {

[[nodiscard]] Json json_of(const audit::Report& report, std::chrono::milliseconds took);
void print_report(const audit::Report& report, std::chrono::milliseconds took);

// The report of one of several lanes; a failure: it could not be audited.
struct LaneReport {
  std::string lane;
  Result<audit::Report> report;
  std::chrono::milliseconds took;
};
[[nodiscard]] Json json_of(const std::vector<LaneReport>& reports);
// In short: a line for each lane, what was not checked in all of them, and the violations.
void print_reports(const std::vector<LaneReport>& reports);

}  // namespace orderd::tools
