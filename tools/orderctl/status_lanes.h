// Several lanes at once: a row for each.
#pragma once

#include <string>
#include <vector>

#include "orderctl/status_facts.h"
#include "shared/output.h"
#include "shared/program.h"

namespace orderd::tools {

// A failure: the lane's server could not be asked.
struct LaneStatus {
  std::string lane;
  Result<StatusFacts> facts;
};
[[nodiscard]] std::vector<LaneStatus> read_lanes(const Context& context);

// The table, then each server, then the warnings, each of them once with the lanes that it concerns.
void print_lanes(const std::vector<LaneStatus>& lanes);
[[nodiscard]] Json json_of(const std::vector<LaneStatus>& lanes);

}  // namespace orderd::tools
