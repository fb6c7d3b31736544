// From a name to an address that replies.
#include <thread>

#include "transport/connector_fixture.h"
#include "transport/fake_names.h"

namespace orderd::test {

using NamesFixture = Tcp<ConnectorFixture>;

// Like a stopped process: the kernel accepts, nothing is read.
struct StoppedServer {
  StoppedServer(const char* host, uint16_t port) : server(stopped, Where::kTcp, host, port) {}
  Loop stopped;
  FakeServer server;
};

TEST_CASE_FIXTURE(NamesFixture, "a numeric address is used as is, a name is looked up until an address accepts") {
  const std::string host = each_of({"127.0.0.1", "localhost", "two.addresses.test"});
  CAPTURE(host);
  endpoint.host = host;
  connects();
  CHECK(fake.accepted() == 1);
}

TEST_CASE_FIXTURE(NamesFixture, "a name that does not exist or is too long fails with a clear error") {
  SUBCASE("does not exist") {
    endpoint.host = "unknown.test";
    start();
    CHECK(failed == 0);
    until_failed();
    CHECK(error.kind == ErrorKind::kLost);
    CHECK(error.what == "cannot look up unknown.test: unknown node or service");
  }
  SUBCASE("too long") {
    endpoint.host = std::string(2000, 'a');
    fails();
    CHECK(error.what.starts_with("cannot look up aaa"));
  }
}

TEST_CASE_FIXTURE(NamesFixture, "when all addresses of a name refuse the error names the server and the reason") {
  endpoint.host = "two.addresses.test";
  fake.refuse();
  fails(ErrorKind::kLost, "cannot connect to " + endpoint.redacted() + ": Connection refused");
}

TEST_CASE_FIXTURE(NamesFixture, "a silent first address is followed by the second within the connect timeout") {
  endpoint.host = "silent.first.test";
  handshake.connect_timeout = Milliseconds(600);
  std::optional<SilentAddress> unreachable;
  std::optional<StoppedServer> stopped;
  SUBCASE("no connect") unreachable.emplace("127.0.0.3", endpoint.port);
  SUBCASE("no reply") stopped.emplace("127.0.0.3", endpoint.port);
  const uint64_t begin_ms = loop.now_ms();
  connects();
  CHECK(loop.now_ms() - begin_ms >= 290);
  CHECK(loop.now_ms() - begin_ms < 600);
  CHECK(fake.accepted() == 1);
  CHECK(ready.server.role == "primary");
}

TEST_CASE_FIXTURE(NamesFixture, "a name with only silent addresses fails at the timeout and names the last reason") {
  endpoint.host = "all.silent.test";
  handshake.connect_timeout = Milliseconds(200);
  const SilentAddress third("127.0.0.3", endpoint.port);
  const StoppedServer fourth("127.0.0.4", endpoint.port);
  start();
  const uint64_t begin_ms = loop.now_ms();
  until_failed();
  CHECK(loop.now_ms() - begin_ms >= 200);
  CHECK(error.kind == ErrorKind::kLost);
  CHECK(error.what == "no connection to " + endpoint.redacted() + " after 200 ms (cannot connect to " +
                          endpoint.redacted() + ": 127.0.0.3:" + std::to_string(endpoint.port) + " does not answer)");
}

TEST_CASE_FIXTURE(NamesFixture, "an address whose connection ends during the handshake is followed by the next") {
  endpoint.host = "two.addresses.test";
  handshake.scripts = {"-- settle.lua: decides."};
  FakeServer dead(loop, Where::kTcp, "127.0.0.2", endpoint.port);  // like a proxy whose server is down
  dead.on("SCRIPT LOAD").close_after_bytes(0);
  connects();
  CHECK(dead.accepted() == 1);
  CHECK(fake.accepted() == 1);
  CHECK(ready.script_ids == std::vector<std::string>{"settle"});
}

TEST_CASE_FIXTURE(NamesFixture, "a server that replies with an error is not tried at another address") {
  endpoint.host = "two.addresses.test";
  fake.on("CLIENT SETNAME").error("NOAUTH Authentication required.");
  fails();
  CHECK(fake.accepted() == 1);
}

TEST_CASE_FIXTURE(ConnectorFixture, "a missing Unix socket fails before start returns") {
  fake.refuse();
  start();
  CHECK(failed == 1);
  CHECK(error.what == "cannot connect to " + endpoint.path + ": No such file or directory");
}

TEST_CASE_FIXTURE(NamesFixture, "the deadline includes the lookup, and a late answer of it is ignored") {
  endpoint.host = "slow.test";
  handshake.connect_timeout = Milliseconds(20);
  SlowName slow;
  start();
  SUBCASE("after the deadline") until_failed();
  SUBCASE("after the connector was destroyed") {
    turn(Milliseconds(5));
    connector.reset();
  }
  const int failed_before = failed;
  slow.release();
  turn(Milliseconds(30));
  CHECK(connected == 0);
  CHECK(failed == failed_before);
  CHECK(fake.accepted() == 0);
}

TEST_CASE("a loop can be destroyed during a lookup") {
  SlowName slow;
  std::thread later;
  {
    NamesFixture test;
    test.endpoint.host = "slow.test";
    test.start();
    test.turn(Milliseconds(5));
    later = std::thread([&slow] {
      Tcp<LoopFixture>().turn(Milliseconds(30));
      slow.release();
    });
  }  // waits for the lookup
  later.join();
}

TEST_CASE("a deadline that passes before the connection opens is final") {
  for (const Where where : {Where::kUnix, Where::kTcp}) {
    ConnectorFixture test(where);
    test.handshake.connect_timeout = Milliseconds(0);  // due before the loop looks at the socket
    test.fails();
    test.turn(Milliseconds(30));
    CHECK(test.connected == 0);
    CHECK(test.fake.count("") == 0);
    CHECK(test.fake.standing() == 0);
  }
}

}  // namespace orderd::test
