// The lease, the group that shows the position, and retention.
#include <doctest/doctest.h>

#include "transport/lane_fixture.h"

namespace orderd::test {
namespace {

TEST_CASE("a daemon stands by while another one is active and takes over when the lease is free") {
  LaneFixture test;
  test.owner = "other";
  test.stream = order_entries(1, 3);
  test.start();
  test.until([&] { return test.fake.count("EVALSHA lease") >= 3; }, "it asks again");
  CHECK(test.status().phase == lane::Phase::kStandby);
  CHECK(test.status().owner == "other");
  CHECK(test.fake.count("XREAD") == 0);
  CHECK(test.logged("standing by: 'other' serves 'orders'") == 1);
  test.owner.clear();
  test.until_settled();
  CHECK(test.settled.size() == 3);
}

TEST_CASE("a daemon that loses its lease waits for what is in flight and goes on standby") {
  LaneFixture test;
  test.options.lease = Milliseconds(90);
  test.serve();
  test.owner = "thief";
  test.until([&] { return test.status().phase == lane::Phase::kStandby; }, "it is on standby");
  test.stream = order_entries(1, 2);
  test.turn(Milliseconds(50));
  CHECK(test.settled.empty());
  test.owner.clear();
  test.until_settled();
}

TEST_CASE("what a failover lost is reported also when another daemon takes over") {
  LaneFixture test;
  test.options.lease = Milliseconds(60);
  test.stream = order_entries(1, 5);
  test.serve();
  test.until_settled();
  auto& elsewhere = test.fake.on("EVALSHA lease");
  std::size_t reported = 0;
  SUBCASE("it has lost something") {
    elsewhere.reply(resp::bulks({"standby", "other", "3000", "3-0 3"}));
    reported = 1;
  }
  SUBCASE("it has lost nothing") {
    elsewhere.reply(resp::bulks({"standby", "other", "3000", "5-0 5"}));
  }
  SUBCASE("it has settled more since") {
    elsewhere.reply(resp::bulks({"standby", "other", "3000", "7-0 7"}));
  }
  SUBCASE("nobody knows") {
    elsewhere.reply(resp::bulks({"standby", "other", "3000", ""}));
  }
  test.until([&] { return elsewhere.used() >= 4; }, "it asks again");
  CHECK(test.logged("has forgotten 2 settled requests of 'orders', all after 3-0") == reported);
  CHECK(test.logged("has forgotten") == reported);
  CHECK(test.status().counters.lost == 2 * reported);
  elsewhere.off();
  test.until_idle();
}

TEST_CASE("a daemon of the same name is an error that is reported once") {
  LaneFixture test;
  test.options.lease = Milliseconds(60);
  auto& namesake = test.fake.on("EVALSHA lease").reply(resp::bulks({"namesake", "me", "3000"}));
  test.start();
  test.until([&] { return namesake.used() >= 4; }, "it asks again");
  CHECK(test.logged("another daemon has the same name 'me'") == 1);
  namesake.off();
  test.until_idle();
}

TEST_CASE("a lease that cannot be renewed does not stop the lane") {
  LaneFixture test;
  test.options.lease = Milliseconds(60);
  test.serve();
  auto& refused = test.fake.on("EVALSHA lease").error("OOM command not allowed");
  test.until([&] { return refused.used() >= 2; }, "it is refused");
  test.deliver(order_entries(1, 3));
  test.until_settled();
  CHECK(test.logged("the lease was not renewed: OOM") == 1);
}

TEST_CASE("the position is shown at once and then every second and orders continue whatever the reply") {
  LaneFixture test;
  SUBCASE("moved") {
    test.fake.on("EVALSHA sign").reply(resp::bulks({"moved", "0"}));
  }
  SUBCASE("created") {
    test.fake.on("EVALSHA sign").times(1).reply(resp::bulks({"created", ""}));
  }
  SUBCASE("there is no stream") {
    test.fake.on("EVALSHA sign").reply(resp::bulks({"missing", ""}));
  }
  SUBCASE("refused") {
    test.fake.on("EVALSHA sign").error("NOPERM key orders: ACL failure in script");
  }
  test.serve();
  test.deliver(order_entries(1, 2));
  test.until_settled();
  test.until([&] { return test.fake.count("EVALSHA sign") >= 3; }, "it is shown again");
  CHECK(test.fake.count("EVALSHA join") == 1);
  CHECK(test.logged("could not be moved: NOPERM") <= 1);
}

TEST_CASE("a pause is noticed even without a group and the lane waits until it is over") {
  LaneFixture test;
  test.options.group.clear();
  test.fake.on("EVALSHA sign").times(1).reply(resp::bulks({"paused", ""}));
  test.fake.on("EVALSHA join").after(1).times(2).reply(resp::bulks({"0-0", "0", "-1", "paused", "1 a test", "0", ""}));
  test.serve();
  test.until([&] { return test.status().phase == lane::Phase::kPaused; }, "the lane is paused");
  CHECK(test.status().blocked_by == "paused: a test");
  test.until([&] { return test.status().phase == lane::Phase::kServing; }, "the lane serves again");
  CHECK(test.fake.count("EVALSHA join") == 4);
}

TEST_CASE("a group that is missing or disagrees with the position makes the lane check the stream once") {
  LaneFixture test;
  SUBCASE("a lag while nothing waits") {
    test.fake.on("EVALSHA sign").reply(resp::bulks({"moved", "5"}));
  }
  SUBCASE("an unknown lag") {
    test.fake.on("EVALSHA sign").reply(resp::bulks({"moved", ""}));
  }
  SUBCASE("vanished") {
    test.fake.on("EVALSHA sign").after(1).times(1).reply(resp::bulks({"created", ""}));
  }
  test.serve();
  test.until([&] { return test.fake.count("EVALSHA join") == 2; }, "the lane checks the stream");
  const std::size_t shown = test.fake.count("EVALSHA sign");
  test.until([&] { return test.fake.count("EVALSHA sign") >= shown + 3; }, "more checks of the group");
  CHECK(test.fake.count("EVALSHA join") == 2);
}

TEST_CASE("a lag that persists while nothing waits makes the lane check again some seconds later") {
  LaneFixture test;
  test.fake.on("EVALSHA sign").reply(resp::bulks({"moved", ""}));
  test.serve();
  test.until([&] { return test.fake.count("EVALSHA join") == 2; }, "the first check");
  test.until([&] { return test.fake.count("EVALSHA join") == 3; }, "the second check");
}

TEST_CASE("retention continues until nothing is due and alternating refusals are each reported once") {
  LaneFixture test;
  test.options.retention_orders = Milliseconds(1000);
  test.options.retention_results = Milliseconds(1000);
  SUBCASE("in steps") {
    auto& more = test.fake.on("EVALSHA trim").times(20).reply(resp::bulks({"100", "1"}));
    test.serve();
    test.until([&] { return more.used() == 20; }, "all steps");
    test.until([&] { return test.status().counters.trimmed == 2000; }, "the count");
  }
  SUBCASE("held back by a group") {
    auto& kept = test.fake.on("EVALSHA trim").with("orders").times(3).reply(resp::bulks({"0", "0", "slow", "5-0"}));
    test.serve();
    test.until([&] { return kept.used() == 3; }, "the group was named");
    test.until([&] { return test.logged("retention.orders: no consumer group is behind any more") == 1; }, "its end");
    CHECK(test.logged("the consumer group 'slow' keeps old entries: it is behind, at 5-0") == 1);
  }
  SUBCASE("of dead letters") {
    test.options.retention_dead = Milliseconds(1000);
    auto& dead = test.fake.on("EVALSHA trim").with("orders:dead");
    dead.reply(resp::bulks({"0", "0"}));
    test.serve();
    test.until([&] { return dead.used() >= 1; }, "a check of the dead letters");
  }
  SUBCASE("refused") {
    auto& orders = test.fake.on("EVALSHA trim").with("orders").error("ERR no orders today");
    auto& results = test.fake.on("EVALSHA trim").with("results").error("ERR no results today");
    test.serve();
    test.until([&] { return orders.used() >= 3 && results.used() >= 3; }, "both are refused");
    CHECK(test.logged("retention.orders was refused: ERR no orders today") == 1);
    CHECK(test.logged("retention.results was refused: ERR no results today") == 1);
  }
}

}  // namespace
}  // namespace orderd::test
