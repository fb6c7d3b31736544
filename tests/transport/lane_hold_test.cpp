// What the server cannot do now waits, in order, and is never counted against an order.
#include <doctest/doctest.h>

#include <algorithm>

#include "transport/lane_fixture.h"

namespace orderd::test {
namespace {

using Requests = std::vector<std::string>;

TEST_CASE("what is no fault of an order holds all and is probed by one and goes on in order") {
  for (const std::string error : {
           "OOM command not allowed when used memory > 'maxmemory'. script: 2067d9, on @user_script:1.",
           "MISCONF Errors writing to the AOF file: No space left on device",
           "NOREPLICAS Not enough good replicas to write.",
           "LOADING Valkey is loading the dataset in memory",
           "BUSY Valkey is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
           "TRYAGAIN Multiple keys request during rehashing of slot",
           "CLUSTERDOWN The cluster is down",
           "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
       }) {
    CAPTURE(error);
    LaneFixture test;
    test.serve();
    test.fake.on("EVALSHA settle").times(7).error(error);
    test.deliver(order_entries(1, 5));
    test.until([&] { return test.settled().size() >= 6; }, "the first probe");
    test.deliver(order_entries(6, 7));
    test.until([&] { return test.settled().size() >= 14; }, "all orders");
    test.until_idle();
    CHECK(test.settled() == Requests{"1-0", "2-0", "3-0", "4-0", "5-0",  // refused
                                     "1-0", "1-0", "1-0",                // one at a time, until it is taken
                                     "2-0", "3-0", "4-0", "5-0", "6-0", "7-0"});
    CHECK(test.lane->counters().of(lane::Verdict::kAccepted) == 7);
    CHECK(test.lane->counters().settled() == 7);
    CHECK(test.logged("orders wait: " + error) == 1);
    CHECK(test.logged("orders flow again") == 1);
  }
}

TEST_CASE("an order that meets a key of the wrong type stops all behind it until somebody mends the key") {
  LaneFixture test;
  test.serve();
  test.fake.on("EVALSHA settle").with("2-0").times(3).error("WRONGTYPE key orders:x: it holds no stream");
  test.deliver(order_entries(1, 3));
  test.until([&] { return test.settled().size() >= 4; }, "the first probe");
  test.deliver(order_entries(4, 6));
  test.until([&] { return test.settled().size() >= 9; }, "all orders");
  test.until_idle();
  CHECK(test.settled() == Requests{"1-0", "2-0", "3-0", "2-0", "2-0", "2-0", "4-0", "5-0", "6-0"});
  CHECK(test.logged("an order cannot be settled and nothing behind it is: WRONGTYPE key orders:x") == 1);
  CHECK(test.logged("orders flow again") == 1);
}

TEST_CASE("an answer that is none of ours holds the orders too") {
  for (const std::string& answer : {resp::bulk("perhaps"), resp::integer(1), resp::nil(), resp::array({})}) {
    LaneFixture test;
    test.serve();
    test.fake.on("EVALSHA settle").times(2).reply(answer);
    test.deliver(order_entries(1, 2));
    test.until([&] { return test.settled().size() >= 4; }, "all orders");
    test.until_idle();
    CHECK(test.settled() == Requests{"1-0", "2-0", "1-0", "2-0"});
    CHECK(test.logged("an answer that this version does not know") == 1);
  }
}

TEST_CASE("while orders are held nothing is read and the probes are few") {
  LaneFixture test;
  test.serve();
  auto& full = test.fake.on("EVALSHA settle").error("OOM command not allowed");
  test.deliver(order_entries(1, 5));
  test.until([&] { return test.settled().size() >= 6; }, "the first probe");
  const std::size_t reads = test.fake.count("XREADGROUP");
  test.turn(Milliseconds(700));
  CHECK(test.fake.count("XREADGROUP") == reads);
  CHECK(test.settled().size() <= 5 + 6);  // waits of 25, 50, 100, 200, 400 at least
  full.off();
  test.until_idle();
}

TEST_CASE("entries that wait for long are kept ours and those that are not held are not") {
  LaneFixture test;
  test.options.claim_idle = Milliseconds(90);
  test.serve();
  auto& full = test.fake.on("EVALSHA settle").error("OOM command not allowed");
  test.deliver(order_entries(1, 2));
  // Not in one command always: one of them may be out as a probe.
  for (const std::string request : {"1-0", "2-0"}) {
    const auto refreshed = [&] {
      return std::count_if(test.fake.received().begin(), test.fake.received().end(), [&](const Received& each) {
        return each.begins("XCLAIM orders orderd me 0") && each.words.back() == "JUSTID" &&
               std::find(each.words.begin(), each.words.end(), request) != each.words.end();
      });
    };
    test.until([&] { return refreshed() >= 2; }, "the second refresh of " + request);
  }
  full.off();
  test.until_idle();
  const std::size_t refreshed = test.fake.count("XCLAIM");
  test.turn(Milliseconds(120));
  CHECK(test.fake.count("XCLAIM") == refreshed);
}

}  // namespace
}  // namespace orderd::test
