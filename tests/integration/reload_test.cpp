// SIGHUP: what is applied, what is not, and files that cannot be read again.
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "integration/orderctl_desk.h"
#include "valkey/directory_lock.h"

namespace orderd::test {
namespace {

struct ReloadDesk : Desk {
  [[nodiscard]] std::string text(const std::string& more) const {
    return "valkey.url = \"" + url() + "\"\nretention.orders = \"720h\"\nretention.results = \"720h\"\n" + more;
  }
  void write(const std::string& more) const { std::ofstream(file) << text(more); }
  // Sends SIGHUP and waits for this.
  static void reload(Process& daemon, const std::string& says) {
    const std::size_t said = daemon.errors().size();
    daemon.signal(SIGHUP);
    wait_to_say(daemon, says, said);
  }

  TemporaryDirectory files;
  const std::string file = files.file("orderd.toml");
};

}  // namespace

TEST_CASE_FIXTURE(ReloadDesk,
                  "SIGHUP applies what can change live, names the rest, and keeps all if there is an error") {
  write("");
  Process daemon(clean_command(ORDERD_PATH, {"--config", file}));
  wait_to_say(daemon, "ready: ");
  reload(daemon, "the settings have not changed");
  write("processing.lease = \"1s\"\nretention.dead = \"1h\"");
  reload(daemon, "applied: retention.dead");
  wait_to_say(daemon, "these need a restart: processing.lease");
  write("retention.dead = \"2d\"");
  reload(daemon, "the settings were not changed: " + file + ":4:18: retention.dead: \"2d\" is not a duration");
  std::filesystem::remove(file);
  reload(daemon, "the settings were not changed: " + file + ": cannot read the file: No such file or directory");
  REQUIRE(mkfifo(file.c_str(), 0600) == 0);
  reload(daemon, "the settings were not changed: " + file + ": it is not a regular file, and cannot be read again");
  end(daemon);
}

TEST_CASE_FIXTURE(ReloadDesk, "settings from a pipe are kept at SIGHUP, not replaced by the defaults") {
  write("");
  Process daemon(clean_command("bash", {"-c", "exec " ORDERD_PATH " --config <(cat " + file + ")"}));
  wait_to_say(daemon, "ready: ");
  reload(daemon, "it is not a regular file, and cannot be read again");
  CHECK_FALSE(says(daemon, "applied: "));
  end(daemon);
}

TEST_CASE("SIGHUP does not end a daemon that waits for the directory of its embedded server") {
  const TemporaryDirectory files;
  auto lock = std::make_unique<valkey::DirectoryLock>();
  REQUIRE(lock->take(files.path(), Milliseconds(0), [](const std::string&) {}).ok());
  Process daemon(clean_command(ORDERD_PATH, {"--valkey.url", "embedded:" + files.path()}));
  wait_to_say(daemon, "s for it to end");
  daemon.signal(SIGHUP);
  lock.reset();
  wait_to_say(daemon, "the settings have not changed");
  wait_to_say(daemon, "ready: ");
  end(daemon);
}

}  // namespace orderd::test
