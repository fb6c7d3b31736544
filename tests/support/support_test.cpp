// The failures of the blocking client that tests and tools use, with a real server.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "support/text.h"
#include "support/valkey_helpers.h"
#include "support/valkey_server.h"

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

TEST_CASE("each failure of a connection names the server and what to try") {
  struct Row {
    Endpoint::Kind kind;
    std::string path;
    std::string what;
  };
  const Row rows[] = {
      {Endpoint::Kind::kUnix, "/nowhere/valkey.sock",
       "(No such file or directory): check that the server runs with this socket"},
      {Endpoint::Kind::kUnix, "/" + std::string(200, 'x'), "the path of a socket may have 107 bytes, this one has 201"},
      {Endpoint::Kind::kEmbedded, "/nowhere",
       "start orderd first: it starts this server, which only its user and root may use"}};
  for (const auto& [kind, path, what] : rows) {
    Endpoint endpoint;
    endpoint.kind = kind;
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

}  // namespace orderd::test
