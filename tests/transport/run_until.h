// Turning the loop until something has happened, in place of sleeping and hoping.
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "loop/loop.h"

namespace orderd::test {

// Longer than anything here takes on a busy machine under sanitizers; no test that passes waits for it.
inline constexpr Milliseconds kPatience{10'000};

// Turns the loop until the answer is yes. False when the deadline passed first. The timer ends a turn in which nothing
// happens: a turn begins with the timers that are due, and what one of them did may be all that was waited for.
template <class Condition>
[[nodiscard]] bool turned_until(Loop& loop, Condition&& condition, Milliseconds deadline) {
  constexpr Milliseconds kTurn{5};
  Timer turn(loop, [] {});
  uv_update_time(loop.raw());
  const uint64_t end_ms = loop.now_ms() + static_cast<uint64_t>(deadline.count());
  while (!condition()) {
    // order matters: the condition may have taken a while, and a timer that is due already ends no turn.
    uv_update_time(loop.raw());
    if (loop.now_ms() >= end_ms) return false;
    turn.start(kTurn);
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
