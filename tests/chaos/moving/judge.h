// What the injector demands of one lane at the end, against the pushers' own record.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "support/valkey_helpers.h"

namespace orderd::chaos {

struct LaneVerdict {
  std::vector<std::string> wrong;  // one sentence each
  uint64_t lost = 0;               // acknowledged requests that are not in the stream
};

// `requests`, `results`: all entries of the lane's streams, in their order. `acknowledged`: the order of each entry
// whose ID a pusher has got. Each request has one result; their order is that of the requests; no order is accepted
// twice; each result is of the order that was pushed.
[[nodiscard]] LaneVerdict judge_lane(const std::vector<test::Entry>& requests, const std::vector<test::Entry>& results,
                                     const std::map<std::string, std::string>& acknowledged);

}  // namespace orderd::chaos
