// The support library, and the failures of the blocking client that tests and tools use.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>

#include "support/process.h"
#include "support/text.h"
#include "support/valkey_helpers.h"
#include "support/valkey_server.h"
#include "support/wait_for.h"

namespace orderd::test {
namespace {

using valkey::Command;
using valkey::Endpoint;
using valkey::SyncClient;
using namespace std::chrono_literals;

// Connecting fails with an error that names the server and contains this. Returns the error.
std::string fails(const Endpoint& endpoint, const std::string& what) {
  const auto client = SyncClient::connect(endpoint, {.reply_timeout = 50ms});
  REQUIRE_FALSE(client.ok());
  for (const std::string& part : {endpoint.redacted(), what})
    CHECK_MESSAGE(contains(client.error(), part), client.error());
  return client.error();
}

// A call fails with an error that contains this.
void loses(SyncClient& client, const std::string& what) {
  const auto reply = client.call(Command::of("PING"));
  REQUIRE_FALSE(reply.ok());
  CHECK_MESSAGE(contains(reply.error(), what), reply.error());
}

}  // namespace

TEST_CASE("a process gets its input and environment and returns output, errors and status") {
  Process process({"sh", "-c", "cat; echo $NAME; echo err >&2; exit 7"},
                  {.environment = {"NAME=value"}, .input = "hello\n"});
  CHECK(process.wait() == 7);
  CHECK(process.output() == "hello\nvalue\n");
  CHECK(process.errors() == "err\n");
  CHECK_FALSE(process.running());
}

TEST_CASE("a process that cannot be started or does not exit throws and a signal shows in its status") {
  CHECK_THROWS_WITH(Process({"no-such-program"}), "cannot start no-such-program: No such file or directory");
  Process sleeper({"sleep", "100"});
  CHECK_THROWS(sleeper.wait(20ms));
  sleeper.pause();
  sleeper.resume();
  sleeper.signal(SIGTERM);
  CHECK(sleeper.wait() == 128 + SIGTERM);
}

TEST_CASE("a server keeps what it wrote to its append-only file and leaves nothing behind") {
  std::string directory;
  {
    ValkeyServer server({.append_only = ServerOptions::AppendOnly::kAlways, .tcp = true});
    directory = server.directory();
    auto client = server.client();
    set(client, "key", "value");
    server.kill();
    server.start();
    CHECK_FALSE(client.call(Command::of("PING")).ok());
    auto second = SyncClient::connect(server.tcp_endpoint(), {});
    REQUIRE(second.ok());
    CHECK(get(*second, "key") == "value");
  }
  CHECK_FALSE(std::filesystem::exists(directory));
}

TEST_CASE("a server that does not start reports why") {
  std::string what;
  try {
    const ValkeyServer server({.config = {"nonsense 1"}});
  } catch (const std::runtime_error& error) {
    what = error.what();
  }
  CHECK(contains(what, "nonsense 1"));
}

TEST_CASE("each failure of a connection names the server and what to try") {
  struct Row {
    Endpoint::Kind kind;
    std::string path;
    std::string what;
  };
  const Row rows[] = {
      {Endpoint::Kind::kTcp, "", "(Connection refused): check that the server runs"},
      {Endpoint::Kind::kUnix, "/nowhere/valkey.sock",
       "(No such file or directory): check that the server runs with this socket"},
      {Endpoint::Kind::kUnix, "/" + std::string(200, 'x'), "the path of a socket may have 107 bytes, this one has 201"},
      {Endpoint::Kind::kEmbedded, "/nowhere", "start orderd first"}};
  for (const auto& [kind, path, what] : rows) {
    Endpoint endpoint;
    endpoint.kind = kind;
    endpoint.port = free_port();
    endpoint.path = path;
    (void)fails(endpoint, what);
  }
}

TEST_CASE("each refusal of a server names the server and what to try") {
  const ValkeyServer server;
  auto admin = server.client();
  CHECK(ask(admin, {"CLIENT", "GETNAME"}) == "test");
  Endpoint endpoint = server.endpoint();
  endpoint.database = 99;
  (void)fails(endpoint, "refused database 99: ERR");
  endpoint = server.endpoint();
  endpoint.username = "nobody";
  endpoint.password = "a secret";
  CHECK_FALSE(contains(fails(endpoint, "refused the login: WRONGPASS"), "a secret"));
  const auto bad = admin.load("this is no Lua");
  REQUIRE_FALSE(bad.ok());
  CHECK(contains(bad.error(), "refused a script: ERR"));
  CHECK(admin.load("return 1")->size() == 40);

  (void)ask(admin, {"CONFIG", "SET", "requirepass", "a secret"});
  (void)fails(server.endpoint(), "refused the connection: NOAUTH");
  // A user with few rights: setting the connection's name is optional.
  (void)ask(admin, {"ACL", "SETUSER", "reader", "on", "nopass", "~*", "+get"});
  for (const char* user : {"", "reader"}) {
    endpoint.username = user;
    CHECK(SyncClient::connect(endpoint, {}).ok());
  }
}

TEST_CASE("a server that hangs or dies causes an error and no signal") {
  ValkeyServer server;
  auto slow = SyncClient::connect(server.endpoint(), {.reply_timeout = 50ms});
  REQUIRE(slow.ok());
  server.pause();
  loses(*slow, "did not answer within 50 ms");
  CHECK_FALSE(slow->call(Command::of("PING")).ok());
  (void)fails(server.endpoint(), "did not answer within 50 ms");
  server.resume();
  auto client = server.client();
  server.kill();
  for (int i = 0; i < 3; ++i) loses(client, "was lost");
}

TEST_CASE("replies of a pipeline arrive in order") {
  const ValkeyServer server;
  auto client = server.client();
  for (int i = 0; i < 1000; ++i) client.append(Command::of("ECHO", i));
  for (int i = 0; i < 1000; ++i) CHECK(client.read().value()->text() == std::to_string(i));
}

TEST_CASE("a condition that times out is named") {
  int asked = 0;
  wait_for([&] { return ++asked == 3; }, 10s, "the third time");
  CHECK_FALSE(poll_until([] { return false; }, 1ms));
}

}  // namespace orderd::test
