// What tests do with a running orderd, or with another program that logs to standard error.
#pragma once

#include <cstddef>
#include <string>

#include "support/process.h"
#include "valkey/sync_client.h"

namespace orderd::test {

// Whether it has logged this. The first `from` bytes of the log do not count.
[[nodiscard]] bool says(const Process& daemon, const std::string& part, std::size_t from = 0);
// Waits until it has; fails the test case, with the log, after a minute.
void wait_to_say(const Process& daemon, const std::string& part, std::size_t from = 0);

// Waits until a stream has this many entries; fails the test case after a minute, or if there are more.
void wait_for_length(valkey::SyncClient& client, const std::string& stream, std::size_t count);

// Stops it with SIGTERM; fails the test unless it was running and exits with 0.
void end(Process& daemon);
// Kills it with SIGKILL; fails the test unless that ended it.
void kill(Process& daemon);

}  // namespace orderd::test
