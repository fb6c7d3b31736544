// Who is active, the group that shows the position, and retention.
#include <doctest/doctest.h>

#include "transport/lane_fixture.h"

namespace orderd::test {
namespace {

TEST_CASE("a daemon stands by while another one is active and takes over when the lease is free") {
  LaneFixture test;
  test.owner = "other";
  test.stream = order_entries(1, 3);
  test.start();
  test.until([&] { return test.fake.count("EVALSHA lease") >= 3; }, "it looks again");
  CHECK(test.status().phase == lane::Phase::kStandby);
  CHECK(test.status().owner == "other");
  CHECK(test.fake.count("XREAD") == 0);
  CHECK(test.logged("standing by: 'other' serves 'orders'") == 1);
  test.owner.clear();
  test.until_settled();
  CHECK(test.settled.size() == 3);
}

TEST_CASE("a daemon that loses its lease waits for what is in flight and stands by") {
  LaneFixture test;
  test.options.lease = Milliseconds(90);
  test.serve();
  test.owner = "thief";
  test.until([&] { return test.status().phase == lane::Phase::kStandby; }, "it steps back");
  test.stream = order_entries(1, 2);
  test.turn(Milliseconds(50));
  CHECK(test.settled.empty());
  test.owner.clear();
  test.until_settled();
}

TEST_CASE("a namesake is an error that is reported once") {
  LaneFixture test;
  test.options.lease = Milliseconds(60);
  auto& namesake = test.fake.on("EVALSHA lease").reply(resp::bulks({"namesake", "me", "3000"}));
  test.start();
  test.until([&] { return namesake.used() >= 4; }, "it looks again");
  CHECK(test.logged("another daemon has the same name 'me'") == 1);
  namesake.off();
  test.until_idle();
}

TEST_CASE("a lease that cannot be renewed is no reason to stop") {
  LaneFixture test;
  test.options.lease = Milliseconds(60);
  test.serve();
  auto& refused = test.fake.on("EVALSHA lease").error("OOM command not allowed");
  test.until([&] { return refused.used() >= 2; }, "it is refused");
  test.deliver(order_entries(1, 3));
  test.until_settled();
  CHECK(test.logged("the lease was not renewed: OOM") == 1);
}

TEST_CASE("the group is moved along with the position and created where it is missing") {
  LaneFixture test;
  test.serve();
  test.until([&] { return test.fake.count("XGROUP SETID orders orderd 0-0") == 1; }, "the group is moved");
  test.fake.on("XGROUP SETID").times(1).error("NOGROUP No such consumer group 'orderd' for key name 'orders'");
  test.deliver(order_entries(1, 2));
  test.until_settled();
  test.until([&] { return test.fake.count("XGROUP CREATE orders orderd 2-0") == 1; }, "the group is created");
  // It was there before: the stream may be another one.
  test.until([&] { return test.fake.count("EVALSHA join") == 2; }, "the lane looks at the stream");
  test.until_idle();
}

TEST_CASE("a group that may not be moved is reported once and orders go on") {
  LaneFixture test;
  test.fake.on("XGROUP").error("NOPERM User orderd has no permissions to run the 'xgroup|setid' command");
  test.serve();
  test.deliver(order_entries(1, 2));
  test.until_settled();
  test.until([&] { return test.fake.count("XGROUP") >= 2; }, "it is tried again");
  CHECK(test.logged("could not be moved: NOPERM") == 1);
}

TEST_CASE("without a group nothing is moved") {
  LaneFixture test;
  test.options.group.clear();
  test.fake.on("XLEN").reply(resp::integer(0));
  test.serve();
  test.until([&] { return test.fake.count("XLEN") >= 1; }, "the length is looked at");
  CHECK(test.fake.count("XGROUP") == 0);
}

TEST_CASE("a group that disagrees with what was settled makes the lane look at the stream once") {
  LaneFixture test;
  test.fake.on("XINFO GROUPS")
      .reply(resp::array({resp::array({resp::bulk("name"), resp::bulk("orderd"), resp::bulk("last-delivered-id"),
                                       resp::bulk("0-0"), resp::bulk("lag"), resp::integer(5)})}));
  test.serve();
  test.until([&] { return test.fake.count("EVALSHA join") == 2; }, "the lane looks at the stream");
  test.until([&] { return test.fake.count("XINFO GROUPS") >= 6; }, "more looks at the group");
  CHECK(test.fake.count("EVALSHA join") == 2);
}

TEST_CASE("retention goes on until nothing is due and alternating refusals are each reported once") {
  LaneFixture test;
  test.options.retention_orders = Milliseconds(1000);
  test.options.retention_results = Milliseconds(1000);
  SUBCASE("in steps") {
    auto& more = test.fake.on("EVALSHA trim").times(20).reply(resp::bulks({"100", "1"}));
    test.serve();
    test.until([&] { return more.used() == 20; }, "all steps");
    test.until([&] { return test.status().counters.trimmed == 2000; }, "the count");
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
