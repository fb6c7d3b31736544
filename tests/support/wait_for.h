// Waiting for a condition with a deadline, in place of sleeping for a while and hoping.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>

namespace orderd::test {

// Asks every few milliseconds until the answer is yes. False when the deadline passed first.
template <class Condition>
[[nodiscard]] bool poll_until(Condition&& condition, std::chrono::milliseconds deadline) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

// The same, and the test case ends as failed when the deadline passes. `what`: what was waited for.
template <class Condition>
void wait_for(Condition&& condition, std::chrono::milliseconds deadline, const std::string& what) {
  if (!poll_until(condition, deadline)) FAIL("waited in vain for ", deadline.count(), " ms: ", what);
}

}  // namespace orderd::test
