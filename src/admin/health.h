// /livez and /readyz: is all well, and if not, what is missing.
#pragma once

#include <chrono>
#include <string>

#include "admin/snapshot.h"

namespace orderd::admin {

struct Health {
  bool good = false;
  std::string text;  // a line for the whole and one for each lane
};

// The loop turns: whoever hears the answer knows. Restart a daemon that does not answer.
[[nodiscard]] Health live();

// Can this daemon do its part? Each lane is served and makes progress, with nothing waiting or with requests settled;
// or it stands by on a working connection. A restart helps in none of the other cases: somebody has to look.
[[nodiscard]] Health ready(const Snapshot& snapshot);

// What each lane is doing, and how many requests wait, in one line.
[[nodiscard]] std::string summary(const Snapshot& snapshot);
// The same for one lane: the sentence alone.
[[nodiscard]] Health verdict(const LaneView& lane);

// A lane that settles nothing for so long, and finds requests waiting or gets no reply, is stalled. A server may answer
// PING all the while. Above the longest pause that a lease is chosen for.
[[nodiscard]] std::chrono::milliseconds stall_limit(std::chrono::milliseconds lease);

}  // namespace orderd::admin
