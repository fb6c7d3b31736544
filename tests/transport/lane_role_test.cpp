// The server is not the right one any more: both connections are dropped, the topology is asked, own pending entries
// are read.
#include <doctest/doctest.h>

#include "transport/lane_fixture.h"

namespace orderd::test {
namespace {

using Requests = std::vector<std::string>;

const std::vector<std::string> kErrors = {
    "READONLY You can't write against a read only replica.",
    "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)",
    "MOVED 3999 127.0.0.1:6381",
    "ASK 3999 127.0.0.1:6381",
};

TEST_CASE("an order that is sent to the wrong server drops both connections and is read again") {
  for (const std::string& error : kErrors) {
    CAPTURE(error);
    LaneFixture test;
    test.serve();
    test.fake.on("EVALSHA settle").times(3).error(error);
    test.deliver(order_entries(1, 3));
    test.until([&] { return test.settled().size() == 6; }, "the orders are settled");
    test.until_idle();
    CHECK(test.settled() == Requests{"1-0", "2-0", "3-0", "1-0", "2-0", "3-0"});
    CHECK(test.fake.accepted() == 4);
    CHECK(test.fake.standing() == 2);
    CHECK(test.recoveries() == 2);
    CHECK(test.logged(error + "; connecting again") == 1);
  }
}

TEST_CASE("a read that meets the wrong server drops both connections") {
  for (const std::string& error : kErrors) {
    CAPTURE(error);
    LaneFixture test;
    test.serve();
    REQUIRE(test.fake.answer("XREADGROUP", resp::error(error)));
    test.until([&] { return test.recoveries() == 2; }, "the recovery");
    test.until_idle();
    CHECK(test.fake.accepted() == 4);
    CHECK(test.fake.standing() == 2);
  }
}

TEST_CASE("orders under way when a read meets the wrong server are settled just once more at most") {
  LaneFixture test;
  test.serve();
  test.fake.on("EVALSHA settle").times(2).silence();
  test.deliver(order_entries(1, 2));
  test.until([&] { return test.settled().size() == 2 && test.fake.waits("XREADGROUP"); }, "the orders are under way");
  REQUIRE(test.fake.answer("XREADGROUP", resp::error(kErrors.front())));
  test.until_idle();
  CHECK(test.settled() == Requests{"1-0", "2-0", "1-0", "2-0"});
}

TEST_CASE("a replica that is taken for the primary is not run down") {
  SUBCASE("reads") {
    LaneFixture test;
    auto& demoted = test.fake.on("XREADGROUP").error(kErrors.front());
    test.start();
    test.turn(Milliseconds(900));
    CHECK(test.fake.count("XREADGROUP") <= 7);
    CHECK(test.fake.accepted() <= 2 * 7);
    demoted.off();
    test.until_idle();
  }
  SUBCASE("orders") {
    LaneFixture test;
    test.pending = order_entries(1, 3);
    auto& demoted = test.fake.on("EVALSHA settle").error(kErrors.front());
    test.start();
    test.turn(Milliseconds(900));
    CHECK(test.settled().size() <= 3 * 7);
    CHECK(test.fake.accepted() <= 2 * 7);
    demoted.off();
    test.until_idle();
    CHECK(test.lane->counters().of(lane::Verdict::kAccepted) == 3);
  }
}

}  // namespace
}  // namespace orderd::test
