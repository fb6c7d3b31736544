// Waits for a condition with a deadline, instead of sleeping for a while.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>

namespace orderd::test {

// Polls every few milliseconds until the condition is true. False if the deadline passed first.
template <class Condition>
[[nodiscard]] bool poll_until(Condition&& condition, std::chrono::milliseconds deadline) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

// The same, but fails the test case at the deadline. `what`: the condition in words.
template <class Condition>
void wait_for(Condition&& condition, std::chrono::milliseconds deadline, const std::string& what) {
  if (!poll_until(condition, deadline)) FAIL("timed out after ", deadline.count(), " ms: ", what);
}

}  // namespace orderd::test
