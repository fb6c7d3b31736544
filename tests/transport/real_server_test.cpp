// The handshake with a real valkey-server.
#include "support/valkey_helpers.h"
#include "support/valkey_server.h"
#include "transport/loop_fixture.h"
#include "valkey/link.h"

namespace orderd::test {
namespace {

// Runs one link until its first event.
struct Attempt : LoopFixture, valkey::Link::Listener {
  explicit Attempt(const valkey::Endpoint& endpoint)
      : LoopFixture(Where::kTcp),
        topology([endpoint] { return endpoint; }),
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

TEST_CASE("a real server reports its version, role and run_id, and lists the connections with names and library") {
  const ValkeyServer server;
  const Attempt attempt(server.endpoint());
  REQUIRE_MESSAGE(attempt.up, attempt.error.what);
  const valkey::ServerFacts& facts = attempt.link.server();
  CHECK(facts.product == "valkey");
  CHECK(contains(facts.version, "."));
  CHECK(facts.role == "primary");
  CHECK(facts.mode == "standalone");
  CHECK(facts.run_id.size() == 40);  // the same on both connections: otherwise the link would not be up
  CHECK(attempt.link.script_id(0).size() == 40);

  auto client = valkey::SyncClient::connect(server.endpoint(), {.name = "orderctl"});
  REQUIRE(client.ok());
  for (const std::string name : {"orderd-read:shop_1", "orderd-settle:shop_1", "orderctl"}) {
    const auto found = clients_named(*client, name + " ");
    REQUIRE_MESSAGE(found.size() == 1, name);
    CHECK_MESSAGE(contains(found[0].line, " lib-name=orderd lib-ver=" ORDERD_VERSION), found[0].line);
  }
}

TEST_CASE("a real server accepts a user without a password") {
  const ValkeyServer server({.config = {"user anna on nopass ~* &* +@all"}});
  auto admin = server.client();
  (void)ask(admin, {"ACL", "SETUSER", "default", "off"});
  valkey::Endpoint endpoint = server.endpoint();
  CHECK(Attempt(endpoint).error.kind == ErrorKind::kRefused);
  endpoint.username = "anna";
  const Attempt attempt(endpoint);
  CHECK_MESSAGE(attempt.up, attempt.error.what);
  auto client = valkey::SyncClient::connect(endpoint, {});
  REQUIRE(client.ok());
  CHECK(ask(*client, {"ACL", "WHOAMI"}) == "anna");
}

}  // namespace
}  // namespace orderd::test
