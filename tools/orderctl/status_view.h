// How the facts of status_facts.h are shown.
#pragma once

#include <string>
#include <vector>

#include "orderctl/status_facts.h"
#include "shared/output.h"

namespace orderd::tools {

// Of one lane; `lane`: its name, empty if it has none.
void print_page(const StatusFacts& facts, const std::string& lane);
[[nodiscard]] Json json_of(const StatusFacts& facts);
// The rows of a server alone.
void print_server(const ServerFacts& server);

// One of several lanes. A failure: the lane's server could not be asked.
struct LaneStatus {
  std::string lane;
  Result<StatusFacts> facts;
};
// A row for each lane, then each server, then the warnings, each of them once with the lanes that it concerns.
void print_lanes(const std::vector<LaneStatus>& lanes);
[[nodiscard]] Json json_of(const std::vector<LaneStatus>& lanes);

}  // namespace orderd::tools
