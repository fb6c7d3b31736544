// Turning the loop until something has happened, in place of sleeping and hoping.
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "loop/loop.h"

namespace orderd::test {

// Longer than anything here takes on a busy machine under sanitizers; no test that passes waits for it.
inline constexpr Milliseconds kPatience{10'000};

// Turns the loop until the answer is yes. False when the deadline passed first. The timer is there to end the last turn.
template <class Condition>
[[nodiscard]] bool turned_until(Loop& loop, Condition&& condition, Milliseconds deadline) {
  bool late = false;
  Timer timer(loop, [&late] { late = true; });
  uv_update_time(loop.raw());
  timer.start(deadline);
  while (!condition()) {
    if (late) return false;
    loop.run_once();
  }
  return true;
}

// The same, and the test case ends as failed when the deadline passes. `what`: what was waited for.
template <class Condition>
void run_until(Loop& loop, Condition&& condition, const std::string& what, Milliseconds deadline = kPatience) {
  if (!turned_until(loop, condition, deadline)) FAIL("waited in vain for ", deadline.count(), " ms: ", what);
}

// Turns the loop for a span of time, to show what does not happen in it.
inline void run_for(Loop& loop, Milliseconds span) {
  (void)turned_until(
      loop, [] { return false; }, span);
}

}  // namespace orderd::test
