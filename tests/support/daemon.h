// What tests do with a running orderd, or with another program that logs to standard error.
#pragma once

#include <csignal>
#include <string>

#include "support/process.h"
#include "support/valkey_helpers.h"
#include "support/wait_for.h"

namespace orderd::test {

// Whether it has logged this. The first `from` bytes of the log do not count.
[[nodiscard]] inline bool says(const Process& daemon, const std::string& part, std::size_t from = 0) {
  return daemon.errors().find(part, from) != std::string::npos;
}
// Waits until it has; fails the test case, with the log, after a minute.
inline void wait_to_say(const Process& daemon, const std::string& part, std::size_t from = 0) {
  if (poll_until([&] { return says(daemon, part, from); }, std::chrono::seconds(60))) return;
  FAIL("no '", part, "' in the log:\n", daemon.errors());
}

// Waits until a stream has this many entries; fails the test case after a minute, or if there are more.
inline void wait_for_length(valkey::SyncClient& client, const std::string& stream, std::size_t count) {
  std::size_t last = 0;
  const bool came = poll_until([&] { return (last = length(client, stream)) >= count; }, std::chrono::seconds(60));
  if (!came || last > count) FAIL("'", stream, "' has ", last, " entries instead of ", count);
}

// Stops it with SIGTERM; fails the test unless it was running and exits with 0.
inline void end(Process& daemon) {
  CHECK(daemon.running());
  daemon.signal(SIGTERM);
  CHECK(daemon.wait() == 0);
}
// Kills it with SIGKILL; fails the test unless that ended it.
inline void kill(Process& daemon) {
  daemon.signal(SIGKILL);
  CHECK(daemon.wait() == 128 + SIGKILL);
}

}  // namespace orderd::test
