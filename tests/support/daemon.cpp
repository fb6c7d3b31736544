#include "support/daemon.h"

#include <csignal>

#include "support/valkey_helpers.h"
#include "support/wait_for.h"

namespace orderd::test {

bool says(const Process& daemon, const std::string& part, std::size_t from) {
  return daemon.errors().find(part, from) != std::string::npos;
}

void wait_to_say(const Process& daemon, const std::string& part, std::size_t from) {
  if (poll_until([&] { return says(daemon, part, from); }, std::chrono::seconds(60))) return;
  FAIL("no '", part, "' in the log:\n", daemon.errors());
}

void wait_for_length(valkey::SyncClient& client, const std::string& stream, std::size_t count) {
  std::size_t last = 0;
  const bool came = poll_until([&] { return (last = length(client, stream)) >= count; }, std::chrono::seconds(60));
  if (!came || last > count) FAIL("'", stream, "' has ", last, " entries instead of ", count);
}

void end(Process& daemon) {
  CHECK(daemon.running());
  daemon.signal(SIGTERM);
  CHECK(daemon.wait() == 0);
}

void kill(Process& daemon) {
  daemon.signal(SIGKILL);
  CHECK(daemon.wait() == 128 + SIGKILL);
}

}  // namespace orderd::test
