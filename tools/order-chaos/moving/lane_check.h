// What must be true of one lane at the end of a trial, compared with the producer's record.
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

// `requests`, `results`: all entries of the lane's streams, in order. `acknowledged`: the order of each entry whose ID
// a producer received. Each request has one result, for the order that was pushed; results are in the order of their
// requests; no order is accepted twice.
[[nodiscard]] LaneVerdict check_lane(const std::vector<test::Entry>& requests, const std::vector<test::Entry>& results,
                                     const std::map<std::string, std::string>& acknowledged);

}  // namespace orderd::chaos
