// From a name to an address that replies.
#include <doctest/doctest.h>

#include <thread>

#include "transport/connector_fixture.h"
#include "transport/fake_names.h"

namespace orderd::test {
namespace {

using Where = FakeServer::Where;

TEST_CASE("a numeric address is used as is, and a name is looked up until one of its addresses accepts") {
  for (const char* host : {"127.0.0.1", "localhost", "two.addresses.test"}) {
    CAPTURE(std::string(host));
    ConnectorFixture test(Where::kTcp);
    test.endpoint.host = host;
    test.connects();
    CHECK(test.fake.accepted() == 1);
  }
}

TEST_CASE_FIXTURE(TcpConnectorFixture, "a name that does not exist fails with a clear error") {
  endpoint.host = "unknown.test";
  start();
  CHECK(failed == 0);
  until_failed();
  CHECK(error.kind == valkey::ErrorKind::kLost);
  CHECK(error.what == "cannot look up unknown.test: unknown node or service");
}

TEST_CASE_FIXTURE(TcpConnectorFixture, "a name too long for a lookup fails with a clear error") {
  endpoint.host = std::string(2000, 'a');
  fails();
  CHECK(error.what.find("cannot look up aaa") == 0);
}

TEST_CASE_FIXTURE(TcpConnectorFixture,
                  "when all addresses of a name refuse the error names the server and the reason") {
  endpoint.host = "two.addresses.test";
  fake.refuse();
  fails(valkey::ErrorKind::kLost, "cannot connect to " + endpoint.redacted() + ": Connection refused");
}

TEST_CASE("a silent first address is followed by the second within the connect timeout") {
  for (const auto how : {SilentAddress::How::kNoConnect, SilentAddress::How::kNoReply}) {
    ConnectorFixture test(Where::kTcp);
    test.endpoint.host = "silent.first.test";
    test.handshake.connect_timeout = Milliseconds(600);
    const SilentAddress silent("127.0.0.3", test.endpoint.port, how);
    test.start();
    const uint64_t begin_ms = test.loop.now_ms();
    test.until_connected();
    CHECK(test.loop.now_ms() - begin_ms >= 290);
    CHECK(test.loop.now_ms() - begin_ms < 600);
    CHECK(test.fake.accepted() == 1);
    CHECK(test.ready.server.role == "primary");
  }
}

TEST_CASE_FIXTURE(TcpConnectorFixture,
                  "a name whose addresses are all silent fails at the connect timeout and names the last reason") {
  endpoint.host = "all.silent.test";
  handshake.connect_timeout = Milliseconds(200);
  const SilentAddress third("127.0.0.3", endpoint.port, SilentAddress::How::kNoConnect);
  const SilentAddress fourth("127.0.0.4", endpoint.port, SilentAddress::How::kNoReply);
  start();
  const uint64_t begin_ms = loop.now_ms();
  until_failed();
  CHECK(loop.now_ms() - begin_ms >= 200);
  CHECK(error.kind == valkey::ErrorKind::kLost);
  CHECK(error.what == "no connection to " + endpoint.redacted() + " after 200 ms (cannot connect to " +
                          endpoint.redacted() + ": 127.0.0.3:" + std::to_string(endpoint.port) + " does not answer)");
}

TEST_CASE_FIXTURE(TcpConnectorFixture,
                  "an address whose connection ends during the handshake is followed by the next") {
  endpoint.host = "two.addresses.test";
  handshake.scripts = {"-- settle.lua: decides."};
  FakeServer dead(loop, Where::kTcp, "127.0.0.2", endpoint.port);  // like a proxy whose server is down
  dead.on("SCRIPT LOAD").close_after_bytes(0);
  connects();
  CHECK(dead.accepted() == 1);
  CHECK(fake.accepted() == 1);
  CHECK(ready.script_ids == std::vector<std::string>{"settle"});
}

TEST_CASE_FIXTURE(TcpConnectorFixture, "a server that replies with an error is not tried at another address") {
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

TEST_CASE_FIXTURE(TcpConnectorFixture, "the deadline includes the lookup") {
  endpoint.host = "slow.test";
  handshake.connect_timeout = Milliseconds(20);
  SlowName slow;
  fails();
  // The late answer is ignored.
  slow.release();
  turn(Milliseconds(30));
  CHECK(connected == 0);
  CHECK(fake.accepted() == 0);
}

TEST_CASE_FIXTURE(TcpConnectorFixture, "a connector can be destroyed during its lookup") {
  endpoint.host = "slow.test";
  SlowName slow;
  start();
  turn(Milliseconds(5));
  connector.reset();
  slow.release();
  turn(Milliseconds(30));
  CHECK(connected + failed == 0);
}

TEST_CASE("a loop can be destroyed during a lookup") {
  SlowName slow;
  std::thread later;
  {
    ConnectorFixture test(Where::kTcp);
    test.endpoint.host = "slow.test";
    test.start();
    test.turn(Milliseconds(5));
    later = std::thread([&slow] {
      Loop loop;
      Timer timer(loop, [&slow] { slow.release(); });
      timer.start(Milliseconds(30));
      loop.run();
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
    CHECK(test.failed == 1);
    CHECK(test.fake.count("") == 0);
    CHECK(test.fake.standing() == 0);
  }
}

}  // namespace
}  // namespace orderd::test
