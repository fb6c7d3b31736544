// A topology that answers late, wrongly or never.
#include <doctest/doctest.h>

#include "transport/link_fixture.h"

namespace orderd::test {
namespace {

using valkey::ErrorKind;

TEST_CASE("a topology that never answers is asked again after the connect timeout") {
  LinkFixture test;
  test.topology.mode = FakeTopology::Mode::kLater;
  test.options.connect_timeout = Milliseconds(40);
  test.start();
  test.until_down(2);
  CHECK(test.topology.asked >= 2);
  CHECK(test.downs.front().kind == ErrorKind::kLost);
  CHECK(test.downs.front().what == "the address of the server was not found within 40 ms");
  CHECK(test.topology.reports.empty());  // no server was named
  CHECK(test.fake.accepted() == 0);
}

TEST_CASE("a link may be destroyed while its topology is silent") {
  LinkFixture test;
  test.topology.mode = FakeTopology::Mode::kLater;
  test.start();
  CHECK(test.topology.searching == 1);
  test.link.reset();
  CHECK(test.topology.searching == 0);
  CHECK_FALSE(test.topology.waiting);
  CHECK(test.downs.empty());
}

TEST_CASE("where the primary moves a replica is the wrong server only for the moment") {
  LinkFixture test;
  test.topology.primary_moves = true;
  test.fake.on("HELLO").times(2).reply(
      resp::bulks({"server", "valkey", "version", "8.0.1", "mode", "standalone", "role", "replica"}));
  test.fake.on("ROLE").times(2).reply(
      resp::array({resp::bulk("slave"), resp::bulk("10.0.0.5"), resp::integer(6380), resp::bulk("connected")}));
  test.start();
  test.until_down();
  CHECK(test.downs.front().kind == ErrorKind::kRoleChanged);
  CHECK(test.downs.front().what == test.fake.endpoint().redacted() + " is a replica");
  test.until_up();
}

TEST_CASE("a link leaves its server when another one is announced as the primary") {
  LinkFixture test;
  test.topology.primary_moves = true;
  test.start();
  REQUIRE(test.topology.elsewhere);
  test.until_up();
  test.topology.elsewhere(test.fake.endpoint());
  CHECK(test.downs.empty());
  valkey::Endpoint other = test.fake.endpoint();
  other.host = "10.0.0.2";
  test.topology.elsewhere(other);
  test.until_down();
  CHECK(test.downs.front().kind == ErrorKind::kMoved);
  CHECK(test.downs.front().what == "the primary is " + other.redacted() + " now");
  const int asked = test.topology.asked;
  test.topology.elsewhere(other);  // it waits: no reason to wait longer
  run_until(
      test.loop, [&] { return test.topology.asked > asked; }, "the next question");
}

TEST_CASE("after MOVED the next attempt is made at once") {
  LinkFixture test;
  test.topology.primary_moves = true;
  test.start();
  for (int ups = 1; ups < 4; ++ups) {
    test.until_up(ups);
    test.link->proven();
    const int asked = test.topology.asked;
    test.link->drop({ErrorKind::kMoved, "MOVED 7 10.0.0.2:6379"});
    for (int turn = 0; turn < 3; ++turn) (void)uv_run(test.loop.raw(), UV_RUN_NOWAIT);
    CHECK(test.topology.asked == asked + 1);
  }
  test.until_up(4);
}

TEST_CASE("two servers that each name the other one are not asked in a tight loop") {
  LinkFixture test;
  test.topology.primary_moves = true;
  test.on_up_then = [&] { test.link->drop({ErrorKind::kMoved, "MOVED 7 10.0.0.2:6379"}); };
  test.start();
  run_for(test.loop, Milliseconds(400));
  CHECK(test.ups >= 1);
  CHECK(test.ups <= 8);  // at 0, 0, 25, 75, 175, 300 ms at the earliest
  test.link->stop();
}

TEST_CASE("a server that is silent while a reply is due is suspected and left when another one is named") {
  LinkFixture test;
  test.topology.primary_moves = true;
  valkey::Endpoint other = test.fake.endpoint();
  other.host = "10.0.0.2";
  SUBCASE("a command") {
    test.start();
    test.until_up();
    test.fake.on("EVALSHA").silence();
    (void)test.ask(valkey::Channel::kSettling, "EVALSHA", "settle", "0");
  }
  SUBCASE("a read") {
    test.start();
    test.until_up();
    test.fake.on("XREAD").silence();
    (void)test.ask(valkey::Channel::kReading, "XREAD", "BLOCK", "250", "STREAMS", "orders", "0");
  }
  SUBCASE("the handshake") {
    test.fake.on("HELLO").times(2).silence();
    test.start();
  }
  int suspicions = 0;
  test.topology.on_suspicion = [&] {
    if (++suspicions == 2) test.topology.elsewhere(other);
  };
  test.until_down();
  CHECK(test.downs.front().kind == ErrorKind::kMoved);
  CHECK(test.downs.front().what == "the primary is " + other.redacted() + " now");
  CHECK(suspicions == 2);
}

TEST_CASE("a server is not suspected while nothing is due nor where the primary stays") {
  LinkFixture test;
  bool moves = false;
  SUBCASE("nothing is due") {
    moves = true;
  }
  SUBCASE("one server at a known address") {
  }
  test.topology.primary_moves = moves;
  test.start();
  test.until_up();
  test.fake.on("EVALSHA").silence();
  if (!moves) (void)test.ask(valkey::Channel::kSettling, "EVALSHA", "settle", "0");
  run_for(test.loop, Milliseconds(900));
  CHECK(test.topology.suspicions == 0);
  test.link->suspect();
  CHECK(test.topology.suspicions == 1);
  test.link->stop();
}

TEST_CASE("a topology may answer later") {
  LinkFixture test;
  test.topology.mode = FakeTopology::Mode::kLater;
  test.start();
  run_for(test.loop, Milliseconds(10));
  CHECK(test.fake.accepted() == 0);
  test.topology.answer();
  test.until_up();
  CHECK(test.downs.empty());
}

TEST_CASE("locating and connecting share one timeout") {
  LinkFixture test;
  test.topology.mode = FakeTopology::Mode::kLater;
  test.options.connect_timeout = Milliseconds(400);
  test.fake.on("HELLO").silence();
  test.start();
  const uint64_t begin_ms = test.loop.now_ms();
  run_for(test.loop, Milliseconds(300));
  test.topology.answer();
  test.until_down();
  CHECK(test.loop.now_ms() - begin_ms < 690);  // 400, and not 300 + 400
  CHECK(test.downs.front().what.find("no connection to " + test.fake.endpoint().redacted()) == 0);
}

TEST_CASE("a topology that has no answer is asked again") {
  LinkFixture test;
  test.where = [&]() -> Result<valkey::Endpoint> {
    if (test.topology.asked < 3) return Failure{"cannot read the password file"};
    return test.fake.endpoint();
  };
  test.start();
  test.until_up();
  REQUIRE(test.downs.size() == 2);
  CHECK(test.downs.front().kind == ErrorKind::kLost);
  CHECK(test.downs.front().what == "cannot read the password file");
}

TEST_CASE("the topology hears why a server it named could not be used") {
  LinkFixture test;
  test.fake.on("INFO").times(1).reply(resp::bulk("valkey_version:8.0.1\r\nserver_mode:sentinel\r\n"));
  test.start();
  test.until_up();
  test.fake.close_all();
  test.until_up(2);
  REQUIRE(test.topology.reports.size() == 2);
  CHECK(test.topology.reports[0].second.kind == ErrorKind::kUnfit);
  CHECK(test.topology.reports[1].second.kind == ErrorKind::kLost);
}

TEST_CASE("one server at a known address answers before it returns") {
  int asked = 0;
  valkey::SingleNode topology([&]() -> Result<valkey::Endpoint> {
    ++asked;
    return valkey::Endpoint{};
  });
  bool answered = false;
  CHECK(topology.locate([&](const Result<valkey::Endpoint>& found) { answered = found.ok(); }) == nullptr);
  CHECK(answered);
  CHECK(asked == 1);
  topology.report({}, {});
}

}  // namespace
}  // namespace orderd::test
