// From a name to an address that replies.
#include <doctest/doctest.h>

#include <thread>

#include "transport/connector_fixture.h"
#include "transport/fake_names.h"

namespace orderd::test {
namespace {

using Where = FakeServer::Where;

TEST_CASE("a numeric address is used as is") {
  ConnectorFixture test(Where::kTcp);
  test.start();
  test.until_connected();
}

TEST_CASE("localhost is looked up") {
  ConnectorFixture test(Where::kTcp);
  test.endpoint.host = "localhost";
  test.start();
  test.until_connected();
}

TEST_CASE("a name that does not exist fails with a clear error") {
  ConnectorFixture test(Where::kTcp);
  test.endpoint.host = "unknown.test";
  test.start();
  CHECK(test.failed == 0);
  test.until_failed();
  CHECK(test.error.kind == valkey::ErrorKind::kLost);
  CHECK(test.error.what == "cannot look up unknown.test: unknown node or service");
}

TEST_CASE("a name too long for a lookup fails with a clear error") {
  ConnectorFixture test(Where::kTcp);
  test.endpoint.host = std::string(2000, 'a');
  test.start();
  test.until_failed();
  CHECK(test.error.what.find("cannot look up aaa") == 0);
}

TEST_CASE("the second address of a name is tried when the first refuses") {
  ConnectorFixture test(Where::kTcp);
  test.endpoint.host = "two.addresses.test";
  test.start();
  test.until_connected();
  CHECK(test.fake.accepted() == 1);
}

TEST_CASE("when all addresses of a name refuse the error names the server and the reason") {
  ConnectorFixture test(Where::kTcp);
  test.endpoint.host = "two.addresses.test";
  test.fake.refuse();
  test.start();
  test.until_failed();
  CHECK(test.error.kind == valkey::ErrorKind::kLost);
  CHECK(test.error.what == "cannot connect to " + test.endpoint.redacted() + ": Connection refused");
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

TEST_CASE("a name whose addresses are all silent fails at the connect timeout and names the last reason") {
  ConnectorFixture test(Where::kTcp);
  test.endpoint.host = "all.silent.test";
  test.handshake.connect_timeout = Milliseconds(200);
  const SilentAddress third("127.0.0.3", test.endpoint.port, SilentAddress::How::kNoConnect);
  const SilentAddress fourth("127.0.0.4", test.endpoint.port, SilentAddress::How::kNoReply);
  test.start();
  const uint64_t begin_ms = test.loop.now_ms();
  test.until_failed();
  CHECK(test.loop.now_ms() - begin_ms >= 200);
  CHECK(test.error.kind == valkey::ErrorKind::kLost);
  CHECK(test.error.what == "no connection to " + test.endpoint.redacted() + " after 200 ms (cannot connect to " +
                               test.endpoint.redacted() + ": 127.0.0.3:" + std::to_string(test.endpoint.port) +
                               " does not answer)");
}

TEST_CASE("an address whose connection ends during the handshake is followed by the next") {
  ConnectorFixture test(Where::kTcp);
  test.endpoint.host = "two.addresses.test";
  test.handshake.scripts = {"-- settle.lua: decides."};
  FakeServer dead(test.loop, Where::kTcp, "127.0.0.2", test.endpoint.port);  // like a proxy whose server is down
  dead.on("SCRIPT LOAD").close_after_bytes(0);
  test.start();
  test.until_connected();
  CHECK(dead.accepted() == 1);
  CHECK(test.fake.accepted() == 1);
  CHECK(test.ready.script_ids == std::vector<std::string>{"settle"});
}

TEST_CASE("a server that replies with an error is not tried at another address") {
  ConnectorFixture test(Where::kTcp);
  test.endpoint.host = "two.addresses.test";
  test.fake.on("CLIENT SETNAME").error("NOAUTH Authentication required.");
  test.start();
  test.until_failed();
  CHECK(test.fake.accepted() == 1);
}

TEST_CASE("a missing Unix socket fails before start returns") {
  ConnectorFixture test;
  test.fake.refuse();
  test.start();
  CHECK(test.failed == 1);
  CHECK(test.error.what == "cannot connect to " + test.endpoint.path + ": No such file or directory");
}

TEST_CASE("the deadline includes the lookup") {
  ConnectorFixture test(Where::kTcp);
  test.endpoint.host = "slow.test";
  test.handshake.connect_timeout = Milliseconds(20);
  SlowName slow;
  test.start();
  test.until_failed();
  // The late answer is ignored.
  slow.release();
  run_for(test.loop, Milliseconds(30));
  CHECK(test.connected == 0);
  CHECK(test.fake.accepted() == 0);
}

TEST_CASE("a connector can be destroyed during its lookup") {
  ConnectorFixture test(Where::kTcp);
  test.endpoint.host = "slow.test";
  SlowName slow;
  test.start();
  run_for(test.loop, Milliseconds(5));
  test.connector.reset();
  slow.release();
  run_for(test.loop, Milliseconds(30));
  CHECK(test.connected + test.failed == 0);
}

TEST_CASE("a loop can be destroyed during a lookup") {
  SlowName slow;
  std::thread later;
  {
    ConnectorFixture test(Where::kTcp);
    test.endpoint.host = "slow.test";
    test.start();
    run_for(test.loop, Milliseconds(5));
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
    test.start();
    test.until_failed();
    run_for(test.loop, Milliseconds(30));
    CHECK(test.connected == 0);
    CHECK(test.failed == 1);
    CHECK(test.fake.count("") == 0);
    CHECK(test.fake.standing() == 0);
  }
}

}  // namespace
}  // namespace orderd::test
