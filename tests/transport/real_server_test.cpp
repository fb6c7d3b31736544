// The handshake with a real valkey-server.
#include <doctest/doctest.h>

#include "support/valkey_server.h"
#include "transport/loop_fixture.h"
#include "valkey/link.h"

namespace orderd::test {
namespace {

using valkey::Command;
using valkey::ErrorKind;

// Runs one link until its first event.
struct Attempt : RealTimeFixture, valkey::Link::Listener {
  explicit Attempt(const valkey::Endpoint& endpoint)
      : topology([endpoint]() -> Result<valkey::Endpoint> { return endpoint; }),
        link(loop, topology, connections,
             {.name = "shop 1",
              .scripts = {"#!lua\nreturn 1"},
              .connect_timeout = kPatience,
              .reply_timeout = kPatience,
              .read_block = Milliseconds(250)},
             1, *this) {
    link.start();
    until([this] { return up || error.kind != ErrorKind::kNone; }, "the first event of the link");
  }
  void on_up() override { up = true; }
  void on_down(const valkey::Error& why) override {
    error = why;
    link.stop();
  }

  valkey::SingleNode topology;
  valkey::SharedConnections connections{loop};
  bool up = false;
  valkey::Error error;
  valkey::Link link;
};

TEST_CASE("a real server reports its version, role and the same run_id on both connections") {
  const ValkeyServer server;
  const Attempt attempt(server.endpoint());
  INFO(attempt.error.what);
  REQUIRE(attempt.up);
  const valkey::ServerFacts& facts = attempt.link.server();
  CHECK(facts.product == "valkey");
  CHECK(facts.version.find('.') != std::string::npos);
  CHECK(facts.role == "primary");
  CHECK(facts.mode == "standalone");
  CHECK(facts.run_id.size() == 40);
  CHECK(attempt.link.script_id(0).size() == 40);
}

TEST_CASE("a real server lists the connections with their names and the library") {
  const ValkeyServer server;
  const Attempt attempt(server.endpoint());
  REQUIRE(attempt.up);
  auto client = valkey::SyncClient::connect(server.endpoint(), {.name = "orderctl"});
  REQUIRE(client.ok());
  const auto list = client->call(Command::of("CLIENT", "LIST"));
  REQUIRE(list.ok());
  const std::string clients((*list)->text());
  for (const std::string name : {"orderd-read:shop_1", "orderd-settle:shop_1", "orderctl"}) {
    const std::size_t at = clients.find(" name=" + name + " ");
    REQUIRE_MESSAGE(at != std::string::npos, clients);
    const std::string line = clients.substr(at, clients.find('\n', at) - at);
    CHECK_MESSAGE(line.find(" lib-name=orderd lib-ver=" ORDERD_VERSION) != std::string::npos, line);
  }
}

TEST_CASE("a real server accepts a user without a password") {
  const ValkeyServer server({.config = {"user anna on nopass ~* &* +@all"}});
  REQUIRE(server.client().call(Command::of("ACL", "SETUSER", "default", "off")).ok());
  valkey::Endpoint endpoint = server.endpoint();
  CHECK(Attempt(endpoint).error.kind == ErrorKind::kRefused);
  endpoint.username = "anna";
  Attempt attempt(endpoint);
  INFO(attempt.error.what);
  CHECK(attempt.up);
  auto client = valkey::SyncClient::connect(endpoint, {});
  REQUIRE(client.ok());
  const auto who = client->call(Command::of("ACL", "WHOAMI"));
  REQUIRE(who.ok());
  CHECK((*who)->text() == "anna");
}

TEST_CASE("a user with only the right to load scripts is accepted without a run_id") {
  const ValkeyServer server({.config = {"user anna on nopass ~* &* -@all +script|load"}});
  valkey::Endpoint endpoint = server.endpoint();
  endpoint.username = "anna";
  const Attempt attempt(endpoint);
  INFO(attempt.error.what);
  REQUIRE(attempt.up);
  CHECK(attempt.link.server().run_id.empty());
  CHECK(attempt.link.server().role == "primary");  // every user may call HELLO
}

TEST_CASE("a real replica and a real node of a cluster are refused with an error that names them") {
  const ValkeyServer replica({.config = {"replicaof 127.0.0.1 1"}});
  const Attempt at_replica(replica.endpoint());
  CHECK(at_replica.error.kind == ErrorKind::kUnfit);
  CHECK(at_replica.error.what.find("is a replica of 127.0.0.1:1: use this primary's address") != std::string::npos);

  const ValkeyServer node(
      {.tcp = true, .config = {"cluster-enabled yes", "cluster-port " + std::to_string(free_port())}});
  const Attempt at_node(node.endpoint());
  CHECK(at_node.error.kind == ErrorKind::kUnfit);
  CHECK(at_node.error.what.find("is a node of a cluster") != std::string::npos);
}

}  // namespace
}  // namespace orderd::test
