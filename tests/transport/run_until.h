// Runs the loop until a condition is true, instead of sleeping.
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "loop/loop.h"

namespace orderd::test {

// Longer than anything here takes on a busy machine with sanitizers; a passing test never waits for it.
inline constexpr Milliseconds kPatience{10'000};

// Runs the loop until the condition is true. False if the deadline passed first. The timer ends a turn in which nothing
// happens: due timers run at the start of a turn, and one of them may have made the condition true.
template <class Condition>
[[nodiscard]] bool turned_until(Loop& loop, Condition&& condition, Milliseconds deadline) {
  constexpr Milliseconds kTurn{5};
  Timer turn(loop, [] {});
  uv_update_time(loop.raw());
  const uint64_t end_ms = loop.now_ms() + static_cast<uint64_t>(deadline.count());
  while (!condition()) {
    // order matters: the condition may take a while, and a timer that is already due ends no turn.
    uv_update_time(loop.raw());
    if (loop.now_ms() >= end_ms) return false;
    turn.start(kTurn);
    loop.run_once();
  }
  return true;
}

// The same, but fails the test case at the deadline. `what`: the condition in words.
template <class Condition>
void run_until(Loop& loop, Condition&& condition, const std::string& what, Milliseconds deadline = kPatience) {
  if (!turned_until(loop, condition, deadline)) FAIL("timed out after ", deadline.count(), " ms: ", what);
}

// Runs the loop for a while, to show that something does not happen.
inline void run_for(Loop& loop, Milliseconds span) {
  (void)turned_until(
      loop, [] { return false; }, span);
}

}  // namespace orderd::test
