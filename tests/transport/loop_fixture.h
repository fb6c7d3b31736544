// The base of the fixtures: a loop, and running it until a condition is true, instead of sleeping. Also what almost all
// tests here use: doctest and the scripted server.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/fake_server.h"
#include "support/resp.h"
#include "support/text.h"
#include "transport/fake_clock.h"
#include "valkey/command.h"
#include "valkey/error.h"

namespace orderd::test {

using Where = FakeServer::Where;
using valkey::Command;
using valkey::ErrorKind;

// Longer than anything here takes on a busy machine with sanitizers; a passing test never waits for it.
inline constexpr Milliseconds kPatience{10'000};

// Runs the test case once for each row, with a new fixture, and returns the row of this run. A test case that uses this
// has no other subcases.
template <class Row, std::size_t count>
Row each_of(const Row (&rows)[count]) {
  const Row* chosen = rows;
  for (std::size_t i = 0; i < count; ++i) {
    SUBCASE(std::to_string(i).c_str()) chosen = rows + i;
  }
  return *chosen;
}

class LoopFixture {
 public:
  // With peers on Unix sockets time jumps, see fake_clock.h; with others it is real.
  explicit LoopFixture(Where peers = Where::kUnix) {
    if (peers == Where::kUnix) clock_.emplace(loop);
  }

  // Runs the loop until the condition is true. False if the deadline passed first. The timer ends a turn in which
  // nothing happens: due timers run at the start of a turn, and one of them may have made the condition true. It stops
  // the loop, since it may be due at the start of the turn itself.
  template <class Condition>
  [[nodiscard]] bool turned_until(Condition&& condition, Milliseconds deadline = kPatience) {
    Timer end(loop, [this] { loop.stop(); });
    uv_update_time(loop.raw());
    const uint64_t end_ms = loop.now_ms() + static_cast<uint64_t>(deadline.count());
    while (!condition()) {
      uv_update_time(loop.raw());
      if (loop.now_ms() >= end_ms) return false;
      end.start(Milliseconds(5));
      loop.run_once();
    }
    return true;
  }
  // The same, but fails the test case at the deadline. `what`: the condition in words.
  template <class Condition>
  void until(Condition&& condition, const std::string& what) {
    if (!turned_until(condition)) FAIL("timed out after ", kPatience.count(), " ms: ", what);
  }
  // Runs the loop for a while, to show that something does not happen.
  void turn(Milliseconds span) {
    (void)turned_until([] { return false; }, span);
  }

  Loop loop;

 private:
  std::optional<FakeClock> clock_;
};

// A loop with a scripted server.
class ServerFixture : public LoopFixture {
 public:
  explicit ServerFixture(Where where = Where::kUnix) : LoopFixture(where), fake(loop, where) {}

  void until_waits(const std::string& command) {
    until([&] { return fake.waits(command); }, command + " waits for its reply");
  }
  void until_count(const std::string& command, std::size_t times) {
    until([&] { return fake.count(command) >= times; }, command + " was received");
  }
  void until_disconnected() {
    until([&] { return fake.standing() == 0; }, "the connections end");
  }

  FakeServer fake;
};

// A fixture in real time and over TCP: for resets, lookups, and peers that are not in this thread.
template <class Fixture>
struct Tcp : Fixture {
  Tcp() : Fixture(Where::kTcp) {}
};

}  // namespace orderd::test
