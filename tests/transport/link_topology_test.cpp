// A topology that answers late, wrongly or never.
#include "transport/link_fixture.h"

namespace orderd::test {

TEST_CASE_FIXTURE(LinkFixture, "a topology that has no answer, or does not answer in time, is asked again") {
  std::string what = "cannot read the password file";
  SUBCASE("no answer") where = [&] { return Failure{what}; };
  SUBCASE("not in time") {
    topology.later = true;
    options.connect_timeout = Milliseconds(40);
    what = "the address of the server was not found within 40 ms";
  }
  start();
  until_down(2);
  CHECK(topology.asked >= 2);
  CHECK(downs.front().kind == ErrorKind::kLost);
  CHECK(downs.front().what == what);
  CHECK(topology.reports.empty());  // no server was named
  CHECK(fake.accepted() == 0);
  topology.later = false;
  where = [&] { return fake.endpoint(); };
  until_up();
}

TEST_CASE_FIXTURE(LinkFixture, "a link may be destroyed while its topology is silent") {
  topology.later = true;
  start();
  CHECK(topology.searching == 1);
  link.reset();
  CHECK(topology.searching == 0);
  CHECK(downs.empty());
}

TEST_CASE_FIXTURE(LinkFixture, "a link leaves its server when another one is announced as the primary") {
  topology.primary_moves = true;
  start();
  REQUIRE(topology.elsewhere);
  until_up();
  topology.elsewhere(fake.endpoint());
  CHECK(downs.empty());
  const Endpoint other = other_address();
  topology.elsewhere(other);
  until_down();
  went_down_once(ErrorKind::kMoved, "the primary is " + other.redacted() + " now");
  const int asked = topology.asked;
  topology.elsewhere(other);  // it waits: no reason to wait longer
  until([&] { return topology.asked > asked; }, "the next question");
}

TEST_CASE_FIXTURE(LinkFixture, "after MOVED the next attempt is made at once") {
  topology.primary_moves = true;
  start();
  for (int times = 1; times < 4; ++times) {
    until_up(times);
    link->proven();
    const int asked = topology.asked;
    link->drop({ErrorKind::kMoved, "MOVED 7 10.0.0.2:6379"});
    for (int turn = 0; turn < 3; ++turn) (void)uv_run(loop.raw(), UV_RUN_NOWAIT);
    CHECK(topology.asked == asked + 1);
  }
  until_up(4);
}

TEST_CASE_FIXTURE(LinkFixture, "two servers that each name the other one are not asked in a tight loop") {
  topology.primary_moves = true;
  on_up_then = [&] { link->drop({ErrorKind::kMoved, "MOVED 7 10.0.0.2:6379"}); };
  start();
  turn(Milliseconds(400));
  CHECK(ups >= 1);
  CHECK(ups <= 8);  // at 0, 0, 25, 75, 175, 300 ms at the earliest
  link->stop();
}

TEST_CASE_FIXTURE(LinkFixture, "a silent server that owes a reply is suspected, and left when another is named") {
  topology.primary_moves = true;
  SUBCASE("a command") {
    connect();
    fake.on("EVALSHA").silence();
    (void)ask(Channel::kSettling, "EVALSHA", "settle", "0");
  }
  SUBCASE("a read") {
    connect();
    fake.on("XREAD").silence();
    (void)ask(Channel::kReading, "XREAD", "BLOCK", "250", "STREAMS", "orders", "0");
  }
  SUBCASE("the handshake") {
    fake.on("HELLO").times(2).silence();
    start();
  }
  topology.on_suspicion = [&] {
    if (topology.suspicions == 2) topology.elsewhere(other_address());
  };
  until_down();
  went_down_once(ErrorKind::kMoved, "the primary is " + other_address().redacted() + " now");
  CHECK(topology.suspicions == 2);
}

TEST_CASE_FIXTURE(LinkFixture, "a server is not suspected while nothing is due nor where the primary stays") {
  const bool moves = each_of({true, false});
  CAPTURE(moves);
  topology.primary_moves = moves;
  fake.on("EVALSHA").silence();
  connect();
  if (!moves) (void)ask(Channel::kSettling, "EVALSHA", "settle", "0");
  turn(Milliseconds(900));
  CHECK(topology.suspicions == 0);
  link->suspect();
  CHECK(topology.suspicions == 1);
  link->stop();
}

TEST_CASE_FIXTURE(LinkFixture, "a topology may answer later, and locating and connecting share one timeout") {
  topology.later = true;
  options.connect_timeout = Milliseconds(400);
  fake.on("HELLO").silence();
  start();
  const uint64_t begin_ms = loop.now_ms();
  turn(Milliseconds(300));
  CHECK(fake.accepted() == 0);
  topology.answer();
  until_down();
  CHECK(loop.now_ms() - begin_ms < 690);  // 400, and not 300 + 400
  CHECK(downs.front().what.starts_with("no connection to " + fake.endpoint().redacted()));
}

TEST_CASE_FIXTURE(LinkFixture, "the topology hears why a server it named could not be used") {
  fake.on("INFO").times(1).reply(resp::bulk("valkey_version:8.0.1\r\nserver_mode:sentinel\r\n"));
  connect();
  fake.close_all();
  until_up(2);
  REQUIRE(topology.reports.size() == 2);
  CHECK(topology.reports[0].second.kind == ErrorKind::kUnfit);
  CHECK(topology.reports[1].second.kind == ErrorKind::kLost);
}

TEST_CASE("one server at a known address answers before it returns") {
  int asked = 0;
  valkey::SingleNode topology([&] {
    ++asked;
    return Endpoint{};
  });
  int answered = 0;
  CHECK(topology.locate([&](const Result<Endpoint>& found) { answered += found.ok() ? 1 : 0; }) == nullptr);
  CHECK(answered == 1);
  CHECK(asked == 1);
  topology.report({}, {});
}

}  // namespace orderd::test
