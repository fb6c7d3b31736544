// drop() and stop(), from wherever they are called.
#include "transport/link_fixture.h"

namespace orderd::test {

TEST_CASE_FIXTURE(LinkFixture, "drop ends both connections before it returns and the topology hears of it") {
  fake.on("GET").silence();
  connect();
  const auto [read, settle] = ask_both("GET", "a");
  link->drop({ErrorKind::kRoleChanged, "READONLY"});
  CHECK(read.lost);
  CHECK(settle.lost);
  went_down_once(ErrorKind::kRoleChanged, "READONLY");
  REQUIRE(topology.reports.size() == 1);
  CHECK(topology.reports.front().first == fake.endpoint().redacted());
  CHECK(topology.reports.front().second.kind == ErrorKind::kRoleChanged);
  link->drop({ErrorKind::kRoleChanged, "again"});
  until_up(2);
  went_down_once(ErrorKind::kRoleChanged, "READONLY");
  CHECK(fake.accepted() == 4);
}

TEST_CASE_FIXTURE(LinkFixture, "drop inside a lost call changes nothing") {
  fake.on("GET").silence();
  connect();
  ask(Channel::kReading, "GET", "a").then = [&](Ask&) { link->drop({ErrorKind::kMoved, "late"}); };
  until_waits("GET");
  fake.close_all();
  until_up(2);
  went_down_once(ErrorKind::kLost, "lost the connection to ");
}

TEST_CASE_FIXTURE(LinkFixture, "stop ends a link in each of its phases and nothing is heard of it again") {
  SUBCASE("locating") {
    topology.later = true;
    start();
  }
  SUBCASE("connecting") start();
  SUBCASE("in the handshake of one connection") {
    fake.on("SCRIPT LOAD").silence();
    start();
    until_waits("SCRIPT LOAD");
  }
  SUBCASE("in the handshake of both connections") {
    fake.on("INFO").silence();
    start();
    until_waits("INFO");
  }
  SUBCASE("up, with calls in flight") {
    fake.on("GET").silence();
    connect();
    (void)ask_both("GET", "a");
  }
  SUBCASE("waiting") {
    fake.refuse();
    start();
    CHECK(downs.size() == 1);
    fake.listen();
  }
  const int ups_before = ups;
  const std::size_t downs_before = downs.size();
  if (!link->up()) link->drop({ErrorKind::kMoved, "MOVED"});  // does nothing
  CHECK(downs.size() == downs_before);
  link->stop();
  link->stop();
  for (const Ask& ask : asks) CHECK(ask.lost);
  Ask late;
  CHECK_FALSE(link->send(Channel::kSettling, late, Command::of("GET", "a")));
  CHECK_FALSE(link->up());
  CHECK(topology.searching == 0);
  const std::size_t commands = fake.count("");
  until_disconnected();
  turn(Milliseconds(2000));
  CHECK(ups == ups_before);
  CHECK(downs.size() == downs_before);
  CHECK(fake.standing() == 0);
  CHECK(fake.count("") == commands);
}

TEST_CASE_FIXTURE(LinkFixture, "stop may be called inside the callbacks of the link and of its calls") {
  const auto stop = [&] { link->stop(); };
  SUBCASE("up") {
    on_up_then = stop;
    connect();
  }
  SUBCASE("down at the first attempt") {
    fake.refuse();
    on_down_then = stop;
    start();
    fake.listen();
  }
  SUBCASE("down because the topology has no answer") {
    topology.later = true;
    where = [] { return Failure{"no primary is known"}; };
    on_down_then = stop;
    start();
    topology.answer();
    until_down();
  }
  SUBCASE("down later") {
    on_down_then = stop;
    connect();
    fake.close_all();
    until_down();
  }
  SUBCASE("inside a reply") {
    fake.on("GET").reply(resp::bulk("1"));
    connect();
    const auto [read, settle] = ask_both("GET", "a");
    read.then = settle.then = [&](Ask&) { link->stop(); };
  }
  SUBCASE("inside a lost call") {
    fake.on("GET").silence();
    connect();
    ask_both("GET", "a").second.then = [&](Ask&) { link->stop(); };
    fake.close(settling());
  }
  until_disconnected();
  turn(Milliseconds(2000));
  CHECK(ups <= 1);
  CHECK(downs.size() <= 1);
  CHECK(fake.standing() == 0);
}

}  // namespace orderd::test
