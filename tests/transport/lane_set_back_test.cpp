// The group was set back: what it delivers again is not settled again, and it is destroyed and created anew.
#include <doctest/doctest.h>

#include "transport/lane_fixture.h"

namespace orderd::test {
namespace {

using Requests = std::vector<std::string>;
constexpr const char* kPosition = "HMGET orders:orderd:position settled";
constexpr const char* kSetBack = "the group 'orderd' of 'orders' was set back";

void last_id(LaneFixture& test, const std::string& id) {
  test.fake.on("XINFO STREAM orders").reply(resp::bulks({"last-generated-id", id}));
}

// What was delivered again is pending until the group is destroyed.
void stand_in_for_the_group(LaneFixture& test) {
  test.fake.on("XPENDING").answer([&test](const Received&) {
    return test.pending.empty() ? resp::array({}) : resp::array({resp::array({resp::bulk(test.pending.front().id)})});
  });
  test.fake.on("XGROUP DESTROY orders orderd").answer([&test](const Received&) {
    test.pending.clear();
    return resp::integer(1);
  });
}

TEST_CASE("entries that are delivered again behind settled ones are left and the group is created anew") {
  for (const bool stop : {false, true}) {
    CAPTURE(stop);
    LaneFixture test;
    test.options.create_group = !stop;
    test.serve();
    test.deliver(order_entries(1, 5));
    test.until([&] { return test.settled().size() == 5; }, "the orders");
    test.until_idle();
    last_id(test, "5-0");
    stand_in_for_the_group(test);
    test.deliver(order_entries(3, 4));
    test.until([&] { return test.fake.count("EVALSHA restore") == 1; }, "the restore");
    test.until([&] { return test.recoveries() == 2; }, "the recovery");
    test.until_idle();
    CHECK(test.settled() == Requests{"1-0", "2-0", "3-0", "4-0", "5-0"});
    CHECK(test.fake.count("XPENDING orders orderd 3-0 4-0 1 me") == 1);
    CHECK(test.fake.count("XGROUP DESTROY orders orderd") == 1);
    CHECK(test.logged(kSetBack) == 1);
    CHECK(test.logged("it delivered 3-0 again, and there are settled requests up to 5-0") == 1);
    test.deliver(order_entries(6, 6));
    test.until_idle();
    CHECK(test.settled().back() == "6-0");
    CHECK(test.fatal.empty());
  }
}

TEST_CASE("what the position says is known before the first entry is settled") {
  for (const bool pending : {false, true}) {
    CAPTURE(pending);
    LaneFixture test;
    test.fake.on(kPosition).reply(resp::array({resp::bulk("7-0")}));
    last_id(test, "9-0");
    stand_in_for_the_group(test);
    if (pending) {
      test.pending = order_entries(6, 9);
    } else {
      test.fresh = {order_entry("6-0"), order_entry("7-0"), order_entry("8-0"), order_entry("9-0")};
    }
    test.start();
    test.until([&] { return test.logged(kSetBack) == 1; }, "the restore");
    test.until_idle();
    CHECK(test.settled().empty());
    CHECK(test.fake.count("XGROUP DESTROY") == 1);
  }
}

TEST_CASE("entries behind the position are served and nothing is destroyed") {
  LaneFixture test;
  test.fake.on(kPosition).reply(resp::array({resp::bulk("7-0")}));
  last_id(test, "11-0");
  test.pending = order_entries(8, 9);
  test.fresh = {order_entry("10-0"), order_entry("11-0")};
  test.start();
  test.until([&] { return test.settled().size() == 4; }, "the orders");
  test.until_idle();
  CHECK(test.settled() == Requests{"8-0", "9-0", "10-0", "11-0"});
  CHECK(test.fake.count("XPENDING") == 0);
  CHECK(test.fake.count("XGROUP") == 0);
}

TEST_CASE("a stream that was begun anew with lower ids is served though what was settled had higher ones") {
  for (const bool start : {false, true}) {
    CAPTURE(start);
    LaneFixture test;
    if (start) {
      test.fake.on(kPosition).reply(resp::array({resp::bulk("100-0")}));
    } else {
      test.fresh = {order_entry("100-0")};
    }
    test.serve();
    const std::size_t before = test.settled().size();
    last_id(test, "2-0");
    test.deliver(order_entries(1, 2));
    test.until([&] { return test.settled().size() == before + 2; }, "the orders");
    test.until_idle();
    test.deliver(order_entries(3, 3));
    test.until([&] { return test.settled().size() == before + 3; }, "one more");
    test.until_idle();
    CHECK(test.fake.count("XGROUP DESTROY") == 0);
    CHECK(test.fake.count("EVALSHA restore") == 0);
    CHECK(test.logged(kSetBack) == 0);
  }
}

TEST_CASE("entries that come again before any was settled are settled") {
  LaneFixture test;
  test.serve();
  auto& held = test.fake.on("EVALSHA settle").times(4).reply(resp::bulk("stale")).hold();
  test.deliver(order_entries(1, 4));
  test.until([&] { return held.used() == 4; }, "the orders are under way");
  test.deliver(order_entries(1, 4));
  test.turn(Milliseconds(10));
  CHECK(test.settled().size() == 4);
  held.release();
  test.until([&] { return test.settled().size() >= 8; }, "the orders come again");
  test.until_idle();
  CHECK(test.fake.count("XGROUP DESTROY") == 0);
  CHECK(test.pending.empty());
}

TEST_CASE("to finish with a group that was set back destroys it first") {
  LaneFixture test;
  test.serve();
  test.deliver(order_entries(1, 5));
  test.until_idle();
  last_id(test, "5-0");
  stand_in_for_the_group(test);
  test.lane->finish();
  test.deliver(order_entries(1, 5));
  test.until([&] { return test.finished == 1; }, "the end");
  CHECK(test.settled().size() == 5);
  CHECK(test.fake.count("XGROUP DESTROY") == 1);
  CHECK(test.fake.count("EVALSHA restore") == 1);
}

TEST_CASE("a group that another daemon has mended meanwhile is left alone") {
  LaneFixture test;
  test.serve();
  test.deliver(order_entries(1, 5));
  test.until_idle();
  last_id(test, "5-0");
  test.fake.on("XPENDING").answer([&test](const Received&) {
    test.pending.clear();
    return resp::array({});
  });
  test.fake.on("EVALSHA restore").reply(resp::bulk("exists"));
  test.deliver(order_entries(1, 5));
  test.until([&] { return test.fake.count("EVALSHA restore") == 1; }, "the restore");
  test.until([&] { return test.recoveries() == 2; }, "the recovery");
  test.until_idle();
  CHECK(test.settled().size() == 5);
  CHECK(test.fake.count("XGROUP DESTROY") == 0);
  CHECK(test.logged(kSetBack) == 0);
}

}  // namespace
}  // namespace orderd::test
