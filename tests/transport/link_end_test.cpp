// drop() and stop(), from wherever they are called.
#include <doctest/doctest.h>

#include "transport/link_fixture.h"

namespace orderd::test {
namespace {

using valkey::Channel;
using valkey::ErrorKind;

TEST_CASE("drop ends both connections before it returns and the topology hears of it") {
  LinkFixture test;
  test.fake.on("GET").silence();
  test.start();
  test.until_up();
  const Ask& read = test.ask(Channel::kReading, "GET", "a");
  const Ask& settle = test.ask(Channel::kSettling, "GET", "a");
  test.link->drop({ErrorKind::kRoleChanged, "READONLY"});
  CHECK(read.lost);
  CHECK(settle.lost);
  REQUIRE(test.downs.size() == 1);
  CHECK(test.downs.front().kind == ErrorKind::kRoleChanged);
  CHECK(test.downs.front().what == "READONLY");
  REQUIRE(test.topology.reports.size() == 1);
  CHECK(test.topology.reports.front().first == test.fake.endpoint().redacted());
  CHECK(test.topology.reports.front().second.kind == ErrorKind::kRoleChanged);
  test.link->drop({ErrorKind::kRoleChanged, "again"});
  CHECK(test.downs.size() == 1);
  test.until_up(2);
  CHECK(test.fake.accepted() == 4);
}

TEST_CASE("drop inside on_up reconnects") {
  LinkFixture test;
  test.on_up_then = [&] {
    if (test.ups > 1) return;
    test.link->drop({ErrorKind::kMoved, "MOVED"});
    CHECK_FALSE(test.link->up());
  };
  test.start();
  test.until_up(2);
  REQUIRE(test.downs.size() == 1);
  CHECK(test.downs.front().kind == ErrorKind::kMoved);
}

TEST_CASE("drop inside a reply ends both connections when that returns and loses what is left of both") {
  for (const Channel channel : {Channel::kReading, Channel::kSettling}) {
    LinkFixture test;
    test.fake.on("GET").reply(resp::error("READONLY You can't write against a read only replica."));
    test.fake.on("SET").silence();
    test.start();
    test.until_up();
    test.ask(channel, "GET", "a").then = [&](Ask& ask) {
      test.link->drop({ask.kind, ask.text});
      CHECK(test.downs.empty());
      CHECK_FALSE(test.link->up());
    };
    const Ask& read = test.ask(Channel::kReading, "SET", "a");
    const Ask& settle = test.ask(Channel::kSettling, "SET", "a");
    test.until_down();
    CHECK(read.lost);
    CHECK(settle.lost);
    CHECK(test.downs.size() == 1);
    CHECK(test.downs.front().kind == ErrorKind::kRoleChanged);
    test.until_up(2);
  }
}

TEST_CASE("drop inside a lost call changes nothing") {
  LinkFixture test;
  test.fake.on("GET").silence();
  test.start();
  test.until_up();
  test.ask(Channel::kReading, "GET", "a").then = [&](Ask&) { test.link->drop({ErrorKind::kMoved, "late"}); };
  test.until_waits("GET");
  test.fake.close_all();
  test.until_up(2);
  REQUIRE(test.downs.size() == 1);
  CHECK(test.downs.front().kind == ErrorKind::kLost);
}

TEST_CASE("drop of a link that is not up does nothing") {
  LinkFixture test;
  test.fake.on("SCRIPT LOAD").silence();
  test.start();
  test.until_waits("SCRIPT LOAD");
  test.link->drop({ErrorKind::kMoved, "MOVED"});
  CHECK(test.downs.empty());
  CHECK(test.fake.standing() == 2);
}

TEST_CASE("stop ends a link in each of its phases and nothing is heard of it again") {
  LinkFixture test;
  SUBCASE("locating") {
    test.topology.mode = FakeTopology::Mode::kLater;
    test.start();
  }
  SUBCASE("connecting") {
    test.start();
  }
  SUBCASE("in the handshake of one connection") {
    test.fake.on("SCRIPT LOAD").silence();
    test.start();
    test.until_waits("SCRIPT LOAD");
  }
  SUBCASE("in the handshake of both connections") {
    test.fake.on("INFO").silence();
    test.start();
    test.until_waits("INFO");
  }
  SUBCASE("up") {
    test.start();
    test.until_up();
  }
  SUBCASE("waiting") {
    test.fake.refuse();
    test.start();
    CHECK(test.downs.size() == 1);
    test.fake.listen();
  }
  const int ups = test.ups;
  const std::size_t downs = test.downs.size();
  test.link->stop();
  test.link->stop();
  CHECK_FALSE(test.link->up());
  CHECK(test.topology.searching == 0);
  const std::size_t commands = test.fake.count("");
  run_until(
      test.loop, [&] { return test.fake.standing() == 0; }, "the connections end");
  run_for(test.loop, Milliseconds(80));
  CHECK(test.ups == ups);
  CHECK(test.downs.size() == downs);
  CHECK(test.fake.standing() == 0);
  CHECK(test.fake.count("") == commands);
}

TEST_CASE("stop loses the outstanding calls of both channels") {
  LinkFixture test;
  test.fake.on("GET").silence();
  test.start();
  test.until_up();
  const Ask& read = test.ask(Channel::kReading, "GET", "a");
  const Ask& settle = test.ask(Channel::kSettling, "GET", "a");
  test.link->stop();
  CHECK(read.lost);
  CHECK(settle.lost);
  CHECK(test.downs.empty());
  Ask late;
  CHECK_FALSE(test.link->send(Channel::kSettling, late, valkey::Command::of("GET", "a")));
}

TEST_CASE("stop may be called inside the callbacks of the link and of its calls") {
  LinkFixture test;
  SUBCASE("up") {
    test.on_up_then = [&] { test.link->stop(); };
    test.start();
    test.until_up();
  }
  SUBCASE("down at the first attempt") {
    test.fake.refuse();
    test.on_down_then = [&] { test.link->stop(); };
    test.start();
    test.fake.listen();
  }
  SUBCASE("down because the topology has no answer") {
    test.topology.mode = FakeTopology::Mode::kLater;
    test.where = [] { return Failure{"no primary is known"}; };
    test.on_down_then = [&] { test.link->stop(); };
    test.start();
    test.topology.answer();
    test.until_down();
  }
  SUBCASE("down later") {
    test.on_down_then = [&] { test.link->stop(); };
    test.start();
    test.until_up();
    test.fake.close_all();
    test.until_down();
  }
  SUBCASE("inside a reply") {
    test.fake.on("GET").reply(resp::bulk("1"));
    test.start();
    test.until_up();
    test.ask(Channel::kSettling, "GET", "a").then = [&](Ask&) { test.link->stop(); };
    test.ask(Channel::kReading, "GET", "a").then = [&](Ask&) { test.link->stop(); };
  }
  SUBCASE("inside a lost call") {
    test.fake.on("GET").silence();
    test.start();
    test.until_up();
    test.ask(Channel::kSettling, "GET", "a").then = [&](Ask&) { test.link->stop(); };
    test.ask(Channel::kReading, "GET", "a");
    test.fake.close(test.settling());
  }
  run_until(
      test.loop, [&] { return test.fake.standing() == 0; }, "the connections end");
  run_for(test.loop, Milliseconds(80));
  CHECK(test.ups <= 1);
  CHECK(test.downs.size() <= 1);
  CHECK(test.fake.standing() == 0);
}

}  // namespace
}  // namespace orderd::test
