// What an audit found, as text or as JSON.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "audit/audit.h"
#include "shared/program.h"

namespace orderd::tools {

// The report of one lane; a failure: it could not be audited.
struct LaneReport {
  std::string lane;
  Result<audit::Report> report;
  std::chrono::milliseconds took;
};
// One lane in full. Several in short: a line for each, what was not checked in all of them, and the violations.
void print_reports(const Context& context, const std::vector<LaneReport>& reports);

}  // namespace orderd::tools
