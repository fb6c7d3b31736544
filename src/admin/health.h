// /livez and /readyz: whether the daemon is healthy, and if not, why.
#pragma once

#include <chrono>
#include <string>

#include "admin/snapshot.h"

namespace orderd::admin {

struct Health {
  bool good = false;
  std::string text;  // a line for the daemon and one for each lane
};

// The loop runs: a response proves it. Restart a daemon that does not respond.
[[nodiscard]] Health live();

// Whether this daemon can do its part. Either each lane is served and makes progress, or it is on standby with a
// working connection. A restart helps in none of the other cases: an operator has to look.
[[nodiscard]] Health ready(const Snapshot& snapshot);

// What each lane is doing, and how many requests wait, in one line.
[[nodiscard]] std::string summary(const Snapshot& snapshot);
// The same for one lane: only the sentence.
[[nodiscard]] Health verdict(const LaneView& lane);

// A lane is stalled if it settles nothing for this long, and finds requests waiting or gets no reply. The server may
// still reply to PING. Longer than the longest pause that a lease allows for.
[[nodiscard]] std::chrono::milliseconds stall_limit(std::chrono::milliseconds lease);

}  // namespace orderd::admin
