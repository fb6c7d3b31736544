// The embedded server: its directory, its program, and its files after a crash.
#include "valkey/embedded_server.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "support/temporary_directory.h"
#include "support/valkey_server.h"
#include "transport/loop_fixture.h"

namespace orderd::test {
namespace {

using valkey::Command;

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
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
  void add(const std::string& name, const std::string& script) const {
    const std::string path = directory_.file(name);
    write_bytes(path, "#!/bin/sh\nSYSTEM='" + before_ + "'\n" + script);
    REQUIRE(chmod(path.c_str(), 0755) == 0);
  }

 private:
  std::string before_;
  TemporaryDirectory directory_;
};

class EmbeddedFixture : public RealTimeFixture {
 public:
  void start() {
    server = std::make_unique<valkey::EmbeddedServer>(
        loop, directory(), 1, [this](const std::string& what) { reported.push_back(what); },
        [this](const std::string& what) { refused.push_back(what); });
    const auto started = server->start();
    failure = started ? "" : started.error();
  }
  void until_serving() {
    until([this] { return answer({"PING"}) == "PONG"; }, "the embedded server to answer");
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
    endpoint.path = directory();
    auto client = valkey::SyncClient::connect(endpoint, {});
    if (!client) return "";
    Command command;
    command.begin(words.size());
    for (const std::string& word : words) command.add(word);
    const auto reply = client->call(command);
    return reply ? std::string((*reply)->text()) : "";
  }
  // The files of a server that executed two scripts and was killed during the third.
  void crash(std::size_t bytes_short) {
    ValkeyServer other({.append_only = ServerOptions::AppendOnly::kAlways});
    for (const char* number : {"1", "2", "3"}) {
      auto client = other.client();
      REQUIRE(
          client
              .call(Command::of("EVAL", "server.call('SET', 'a', ARGV[1]) server.call('SET', 'b', ARGV[1])", 0, number))
              .ok());
    }
    other.kill();
    std::filesystem::create_directory(directory());
    std::filesystem::copy(other.directory() + "/appendonlydir", directory() + "/appendonlydir",
                          std::filesystem::copy_options::recursive);
    const std::string whole = bytes_of(file());
    write_bytes(file(), whole.substr(0, whole.size() - bytes_short));
  }
  [[nodiscard]] std::string directory() const { return files.file("data"); }
  [[nodiscard]] std::string file() const { return directory() + "/appendonlydir/appendonly.aof.1.incr.aof"; }
  [[nodiscard]] std::string base() const { return directory() + "/appendonlydir/appendonly.aof.1.base.rdb"; }

  TemporaryDirectory files;
  std::vector<std::string> reported;
  std::vector<std::string> refused;
  std::string failure;
  std::unique_ptr<valkey::EmbeddedServer> server;
};

TEST_CASE_FIXTURE(EmbeddedFixture, "the embedded server starts and stops and keeps its data") {
  for (int i = 0; i < 2; ++i) {
    start();
    REQUIRE(failure == "");
    until_serving();
    CHECK(server->listening());
    CHECK(answer({"GET", "a"}) == (i == 0 ? "" : "kept"));
    CHECK(answer({"SET", "a", "kept"}) == "OK");
    stop();
    server.reset();
  }
  CHECK(reported.empty());
}

TEST_CASE_FIXTURE(EmbeddedFixture, "an embedded server that exits is restarted") {
  start();
  until_serving();
  CHECK(answer({"SHUTDOWN", "NOSAVE"}) == "");
  until([&] { return !reported.empty(); }, "the end of the server");
  until_serving();
  CHECK(reported.size() == 1);
  CHECK(reported.front().find("valkey-server ended with status 0; see " + directory()) == 0);
}

TEST_CASE("a directory in use is reported at once and the error names it and its user") {
  const TemporaryDirectory directory;
  valkey::DirectoryLock first;
  std::vector<std::string> waits;
  const auto note = [&](const std::string& what) { waits.push_back(what); };
  REQUIRE(first.take(directory.path(), Milliseconds(0), note).ok());
  CHECK(waits.empty());

  const std::string used = "the directory " + directory.path() + " is in use by ";
  SUBCASE("by another orderd") {
    valkey::DirectoryLock second;
    const auto taken = second.take(directory.path(), Milliseconds(100), note);
    REQUIRE_FALSE(taken.ok());
    CHECK(taken.error() ==
          used + "another orderd (process " + std::to_string(getpid()) + "): stop that one, or use another directory");
    REQUIRE(waits.size() == 1);
    CHECK(waits.front() ==
          used + "another orderd (process " + std::to_string(getpid()) + "); waiting up to 0 s for it to end");
  }
  SUBCASE("by the server of an orderd that was killed, or by an unknown process") {
    const std::string killed = "orderd 999999999\nvalkey-server " + std::to_string(getpid()) + "\n";
    const std::pair<std::string, std::string> rows[] = {{killed, "the valkey-server of an earlier orderd (process "},
                                                        {"", "another process;"}};
    for (const auto& [lock, user] : rows) {
      waits.clear();
      write_bytes(directory.file("orderd.lock"), lock);
      valkey::DirectoryLock second;
      CHECK_FALSE(second.take(directory.path(), Milliseconds(50), note).ok());
      CHECK(waits.at(0).starts_with(used + user));
    }
  }
}

TEST_CASE_FIXTURE(EmbeddedFixture, "a missing valkey-server fails at once and the error says what to install") {
  const Programs none(true);
  start();
  CHECK(failure.find("the program valkey-server was not found on the PATH: install it") == 0);
  CHECK(reported.empty());
}

TEST_CASE_FIXTURE(EmbeddedFixture, "a valkey-server that is not executable fails at once") {
  const Programs programs(true);
  programs.add("valkey-server", "");
  REQUIRE(chmod((std::string(std::getenv("PATH")) + "/valkey-server").c_str(), 0644) == 0);
  start();
  CHECK(failure == "cannot run valkey-server: Permission denied");
}

TEST_CASE_FIXTURE(EmbeddedFixture, "a server that fails repeatedly is reported once") {
  const Programs programs;
  const std::string runs = files.file("runs");
  programs.add("valkey-server", "echo >> " + runs + "\nexit 3\n");
  start();
  until([&] { return bytes_of(runs).size() >= 4; }, "four starts");
  turn(Milliseconds(20));
  REQUIRE(reported.size() == 1);
  CHECK(reported.front().find("ended with status 3") != std::string::npos);
  stop();
}

TEST_CASE_FIXTURE(EmbeddedFixture, "a torn tail is cut off and the server starts with the rest") {
  crash(20);
  std::unique_ptr<Programs> programs;
  SUBCASE("with this system's valkey-check-aof") {
  }
  SUBCASE("with one that rejects every manifest like that of Valkey 9.1") {
    programs = std::make_unique<Programs>();
    programs->add("valkey-check-aof",
                  "for word; do case $word in *.manifest) echo 'AOF is not valid'; exit 1;; esac; done\n"
                  "PATH=$SYSTEM exec valkey-check-aof \"$@\"\n");
  }
  start();
  until_serving();
  REQUIRE(reported.size() == 1);
  CHECK(reported.front().find(file() + " ended in the middle of a transaction") == 0);
  CHECK(reported.front().find("bytes were cut off") != std::string::npos);
  CHECK(answer({"GET", "a"}) == "2");
  CHECK(answer({"GET", "b"}) == "2");
  CHECK(refused.empty());
  stop();
}

TEST_CASE_FIXTURE(EmbeddedFixture, "damage other than a torn tail is refused and nothing is changed") {
  crash(0);
  std::string path;
  std::string says;
  SUBCASE("in the middle of the last file") {
    path = file();
    says = path + " is damaged at byte ";
  }
  SUBCASE("in the base file") {
    path = base();
    says = path + ": valkey-check-rdb says '";
  }
  std::string damaged = bytes_of(path);
  const std::size_t command = damaged.find("$3\r\nSET");
  const std::size_t at = command == std::string::npos ? damaged.size() / 2 : command;
  damaged[at] = static_cast<char>(damaged[at] ^ 1);
  write_bytes(path, damaged);
  start();
  until([&] { return !refused.empty(); }, "the refusal");
  CHECK(refused.front().find(says) != std::string::npos);
  CHECK(refused.front().find("restore a backup") != std::string::npos);
  CHECK(bytes_of(path) == damaged);
  CHECK(reported.empty());
  stop();
}

TEST_CASE_FIXTURE(EmbeddedFixture, "intact files are not blamed for a server that fails") {
  crash(0);
  const Programs programs;
  programs.add("valkey-server", "exit 1\n");
  start();
  until([&] { return !reported.empty(); }, "the report");
  CHECK(reported.front().find("its append-only file is whole; see ") != std::string::npos);
  CHECK(refused.empty());
  stop();
}

}  // namespace
}  // namespace orderd::test
