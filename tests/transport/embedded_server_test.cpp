// The embedded server: its directory, its program, and its files after a crash.
#include "valkey/embedded_server.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "support/valkey_helpers.h"
#include "support/valkey_server.h"
#include "transport/loop_fixture.h"

namespace orderd::test {
namespace {

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes;
  file.close();
  REQUIRE(file.good());
}

// Our own programs on the PATH, before or instead of the system's.
class Programs {
 public:
  explicit Programs(bool only_these = false) : before_(std::getenv("PATH")) {
    setenv("PATH", (only_these ? directory_.path() : directory_.path() + ":" + before_).c_str(), 1);
  }
  ~Programs() { setenv("PATH", before_.c_str(), 1); }
  Programs(const Programs&) = delete;
  Programs& operator=(const Programs&) = delete;

  // `script` finds the system's programs in $SYSTEM.
  void add(const std::string& name, const std::string& script, mode_t mode = 0755) const {
    const std::string path = directory_.file(name);
    write_bytes(path, "#!/bin/sh\nSYSTEM='" + before_ + "'\n" + script);
    REQUIRE(chmod(path.c_str(), mode) == 0);
  }

 private:
  std::string before_;
  TemporaryDirectory directory_;
};

class EmbeddedFixture : public Tcp<LoopFixture> {
 public:
  void start() {
    server = std::make_unique<valkey::EmbeddedServer>(
        loop, directory, 1, [this](const std::string& what) { reported.push_back(what); },
        [this](const std::string& what) { refused.push_back(what); });
    const auto started = server->start();
    failure = started ? "" : started.error();
  }
  void until_serving() {
    until([this] { return answer({"PING"}) == "PONG"; }, "the embedded server to answer");
  }
  void until_reported() {
    until([this] { return !reported.empty(); }, "a report");
  }
  void stop() {
    bool stopped = false;
    server->stop([&] { stopped = true; });
    until([&] { return stopped; }, "the embedded server to end");
  }
  // Empty if the server does not reply.
  [[nodiscard]] std::string answer(const std::vector<std::string>& words) const {
    valkey::Endpoint endpoint;
    endpoint.kind = valkey::Endpoint::Kind::kEmbedded;
    endpoint.path = directory;
    auto client = valkey::SyncClient::connect(endpoint, {});
    if (!client) return "";
    const auto reply = client->call(command_of(words));
    return reply ? std::string((*reply)->text()) : "";
  }
  // The files of a server that executed two scripts and was killed during the third.
  void crash(std::size_t bytes_short) const {
    ValkeyServer other({.append_only = ServerOptions::AppendOnly::kAlways});
    auto client = other.client();
    for (const char* number : {"1", "2", "3"}) {
      (void)ask(client, {"EVAL", "server.call('SET', 'a', ARGV[1]) server.call('SET', 'b', ARGV[1])", "0", number});
    }
    other.kill();
    std::filesystem::create_directory(directory);
    std::filesystem::copy(other.directory() + "/appendonlydir", directory + "/appendonlydir",
                          std::filesystem::copy_options::recursive);
    const std::string whole = bytes_of(file);
    write_bytes(file, whole.substr(0, whole.size() - bytes_short));
  }

  TemporaryDirectory files;
  const std::string directory = files.file("data");
  const std::string file = directory + "/appendonlydir/appendonly.aof.1.incr.aof";
  std::vector<std::string> reported;
  std::vector<std::string> refused;
  std::string failure;
  std::unique_ptr<valkey::EmbeddedServer> server;
};

TEST_CASE_FIXTURE(EmbeddedFixture, "the embedded server starts and stops and keeps its data") {
  for (const std::string kept : {"", "kept"}) {
    start();
    REQUIRE(failure == "");
    until_serving();
    CHECK(server->listening());
    CHECK(answer({"GET", "a"}) == kept);
    CHECK(answer({"SET", "a", "kept"}) == "OK");
    stop();
    server.reset();
  }
  CHECK(reported.empty());
}

TEST_CASE_FIXTURE(EmbeddedFixture, "the embedded server starts although the locale is not installed") {
  setenv("LC_ALL", "xx_XX.UTF-8", 1);
  start();
  unsetenv("LC_ALL");
  until_serving();
  CHECK(reported.empty());
}

TEST_CASE_FIXTURE(EmbeddedFixture, "an embedded server that exits is restarted") {
  start();
  until_serving();
  CHECK(answer({"SHUTDOWN", "NOSAVE"}) == "");
  until_reported();
  until_serving();
  CHECK(reported.size() == 1);
  CHECK(reported.front().starts_with("valkey-server ended with status 0; see " + directory));
}

TEST_CASE("a directory in use is reported at once and the error names it and its user") {
  const TemporaryDirectory directory;
  valkey::DirectoryLock first, second;
  std::vector<std::string> waits;
  const auto note = [&](const std::string& what) { waits.push_back(what); };
  REQUIRE(first.take(directory.path(), Milliseconds(0), note).ok());
  CHECK(waits.empty());

  const std::string process = "(process " + std::to_string(getpid()) + ")";
  std::string user = "another orderd " + process;
  SUBCASE("by another orderd") {
  }
  SUBCASE("by the server of an orderd that was killed") {
    write_bytes(directory.file("orderd.lock"), "orderd 999999999\nvalkey-server " + std::to_string(getpid()) + "\n");
    user = "the valkey-server of an earlier orderd " + process;
  }
  SUBCASE("by an unknown process") {
    write_bytes(directory.file("orderd.lock"), "");
    user = "another process";
  }
  const auto taken = second.take(directory.path(), Milliseconds(50), note);
  const std::string used = "the directory " + directory.path() + " is in use by " + user;
  REQUIRE_FALSE(taken.ok());
  CHECK(taken.error() == used + ": stop that one, or use another directory");
  CHECK(waits == std::vector<std::string>{used + "; waiting up to 0 s for it to end"});
}

TEST_CASE_FIXTURE(EmbeddedFixture, "a valkey-server that is missing or not executable fails at once") {
  const Programs programs(true);
  SUBCASE("missing") {
    start();
    CHECK(failure.starts_with("the program valkey-server was not found on the PATH: install it"));
  }
  SUBCASE("not executable") {
    programs.add("valkey-server", "", 0644);
    start();
    CHECK(failure == "cannot run valkey-server: Permission denied");
  }
  CHECK(reported.empty());
}

TEST_CASE_FIXTURE(EmbeddedFixture, "a directory whose absolute path is too long for a socket is refused") {
  const std::string parent = files.file(std::string(100, 'x'));
  std::filesystem::create_directory(parent);
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(parent);
  valkey::EmbeddedServer relative(loop, "data", 1, nullptr, nullptr);
  const auto started = relative.start();
  std::filesystem::current_path(before);
  REQUIRE_FALSE(started.ok());
  CHECK(started.error() == "cannot use " + parent + "/data: the path of the socket in it has " +
                               std::to_string(parent.size() + 17) + " bytes; at most 107 are allowed");
}

TEST_CASE_FIXTURE(EmbeddedFixture, "a server that fails repeatedly is reported once") {
  const Programs programs;
  const std::string runs = files.file("runs");
  programs.add("valkey-server", "echo >> " + runs + "\nexit 3\n");
  start();
  until([&] { return bytes_of(runs).size() >= 4; }, "four starts");
  turn(Milliseconds(20));
  REQUIRE(reported.size() == 1);
  CHECK(contains(reported.front(), "ended with status 3"));
  stop();
}

TEST_CASE_FIXTURE(EmbeddedFixture, "a torn tail is cut off also where valkey-check-aof rejects every manifest") {
  crash(20);
  const Programs programs;  // like that of Valkey 9.1
  programs.add("valkey-check-aof",
               "for word; do case $word in *.manifest) echo 'AOF is not valid'; exit 1;; esac; done\n"
               "PATH=$SYSTEM exec valkey-check-aof \"$@\"\n");
  start();
  until_serving();
  REQUIRE(reported.size() == 1);
  CHECK(reported.front().starts_with(file + " ended in the middle of a transaction"));
  CHECK(contains(reported.front(), "bytes were cut off"));
  CHECK(answer({"GET", "a"}) == "2");
  CHECK(answer({"GET", "b"}) == "2");
  CHECK(refused.empty());
  stop();
}

TEST_CASE_FIXTURE(EmbeddedFixture, "intact files are not blamed for a server that fails") {
  crash(0);
  const Programs programs;
  programs.add("valkey-server", "exit 1\n");
  start();
  until_reported();
  CHECK(contains(reported.front(), "its append-only file is whole; see "));
  CHECK(refused.empty());
  stop();
}

}  // namespace
}  // namespace orderd::test
