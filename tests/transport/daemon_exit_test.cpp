#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "daemon/daemon.h"
#include "support/wait_for.h"
#include "transport/fake_names.h"

namespace orderd::test {

TEST_CASE("a daemon ends although a name lookup does not") {
  const SlowName name;
  const auto before = signal(SIGTERM, SIG_IGN);  // in the child until the daemon handles it
  const pid_t child = fork();
  if (child == 0) {
    settings::Settings settings;
    settings.valkey.url = "valkey://slow.test";
    settings.admin.listen = "";
    daemon::Daemon daemon(settings, {});
    _exit(daemon.run());
  }
  signal(SIGTERM, before);
  int status = 0;
  const bool ended = poll_until(
      [&] {
        if (waitpid(child, &status, WNOHANG) == child) return true;
        kill(child, SIGTERM);
        return false;
      },
      std::chrono::seconds(20));
  if (!ended) {
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
  }
  CHECK(ended);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("a SIGHUP while the daemon ends does not change its exit status") {
  const pid_t child = fork();
  if (child == 0) {
    settings::Settings settings;
    settings.valkey.url = "embedded:/dev/null/data";  // cannot be created
    settings.admin.listen = "";
    int status = 0;
    {
      daemon::Daemon daemon(settings, {});
      status = daemon.run();
    }
    raise(SIGHUP);
    _exit(status);
  }
  int status = 0;
  CHECK(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 1);
}

}  // namespace orderd::test
