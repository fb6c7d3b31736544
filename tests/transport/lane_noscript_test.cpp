// NOSCRIPT: stop, drain, load, send again in the order of the entries. A plain retry would let a later order overtake.
#include <doctest/doctest.h>

#include "transport/lane_fixture.h"

namespace orderd::test {
namespace {

using Requests = std::vector<std::string>;
constexpr const char* kNoScript = "NOSCRIPT No matching script.";
const std::size_t kScripts = lane::script_sources().size();

TEST_CASE("from the order that met NOSCRIPT on all are sent again when the scripts are loaded") {
  for (std::size_t k = 0; k < 6; ++k) {
    CAPTURE(k);
    LaneFixture test;
    test.serve();
    auto& flushed = test.fake.on("EVALSHA settle").after(k).error(kNoScript);
    auto& load = test.fake.on("SCRIPT LOAD").reply(resp::bulk("any")).hold();
    test.deliver(order_entries(1, 6));
    test.until([&] { return test.fake.waits("SCRIPT LOAD"); }, "the scripts are loaded anew");
    CHECK(test.settled() == Requests{"1-0", "2-0", "3-0", "4-0", "5-0", "6-0"});
    test.deliver(order_entries(7, 8));
    test.turn(Milliseconds(10));
    CHECK(test.settled().size() == 6);  // nothing overtakes
    flushed.off();
    load.release();
    test.until_idle();

    Requests expected = {"1-0", "2-0", "3-0", "4-0", "5-0", "6-0"};
    for (std::size_t i = k + 1; i <= 8; ++i) expected.push_back(std::to_string(i) + "-0");
    CHECK(test.settled() == expected);
    CHECK(test.fake.count("SCRIPT LOAD") == 2 * kScripts);
    CHECK(test.lane->counters().of(lane::Verdict::kAccepted) == 8);
  }
}

TEST_CASE("the scripts are loaded only when every call has its answer") {
  LaneFixture test;
  test.serve();
  test.fake.on("EVALSHA settle").with("1-0").times(1).error(kNoScript);
  auto& slow = test.fake.on("EVALSHA settle").with("3-0").times(1).reply(resp::bulk("accepted")).hold();
  test.deliver(order_entries(1, 4));
  test.until([&] { return test.settled().size() == 4; }, "the orders");
  test.turn(Milliseconds(10));
  CHECK(test.fake.count("SCRIPT LOAD") == kScripts);
  slow.release();
  test.until([&] { return test.settled().size() == 5; }, "the order that was refused");
  CHECK(test.settled().back() == "1-0");
  CHECK(test.fake.count("SCRIPT LOAD") == 2 * kScripts);
  test.pending.clear();
  test.until_idle();
}

TEST_CASE("a server that never keeps a script is not run down") {
  LaneFixture test;
  test.serve();
  auto& broken = test.fake.on("EVALSHA settle").error(kNoScript);
  test.deliver(order_entries(1, 3));
  test.turn(Milliseconds(800));
  CHECK(test.settled().size() <= 3 + 3 + 6);  // the first load is free; then waits of 25, 50, 100, 200, 400 at least
  CHECK(test.fake.count("SCRIPT LOAD") <= 8 * kScripts);
  CHECK(test.logged("orders wait: NOSCRIPT") == 1);
  test.until([&] { return test.settled().size() >= 3 + 3 + 2; }, "the second probe");
  broken.off();
  test.until_idle();
  const Requests settled = test.settled();
  CHECK(Requests(settled.end() - 3, settled.end()) == Requests{"1-0", "2-0", "3-0"});
  CHECK(test.logged("orders flow again") == 1);
}

TEST_CASE("a load that is refused holds the orders and is tried again") {
  for (const std::string error : {"OOM command not allowed", "NOPERM this user has no permissions", "ERR no"}) {
    CAPTURE(error);
    LaneFixture test;
    test.serve();
    test.deliver(order_entries(1, 1));  // at the start a missing right ends the lane
    test.until_idle();
    test.fake.on("EVALSHA settle").times(2).error(kNoScript);
    test.fake.on("SCRIPT LOAD").times(2).error(error);
    test.deliver(order_entries(2, 3));
    test.until([&] { return test.settled().size() >= 5; }, "all orders");
    test.until_idle();
    CHECK(test.settled() == Requests{"1-0", "2-0", "3-0", "2-0", "3-0"});
    CHECK(test.fake.count("SCRIPT LOAD") == kScripts + 2 + kScripts);
  }
}

TEST_CASE("out of memory behind NOSCRIPT is held too and what was refused stays in order") {
  LaneFixture test;
  test.serve();
  test.fake.on("EVALSHA settle").times(4).error("OOM command not allowed");
  test.fake.on("EVALSHA settle").times(2).error(kNoScript);
  test.deliver(order_entries(1, 4));
  test.until([&] { return test.settled().size() >= 9; }, "all orders");
  test.until_idle();
  CHECK(test.settled() == Requests{"1-0", "2-0", "3-0", "4-0", "1-0", "1-0", "1-0", "2-0", "3-0", "4-0"});
}

TEST_CASE("the scripts that a chore missed are loaded only when the orders under way have their answer") {
  LaneFixture test;
  test.options.claim_idle = Milliseconds(60);
  test.serve();
  auto& claim = test.fake.on("EVALSHA claim").times(1).error(kNoScript).hold();
  test.fake.on("EVALSHA settle").times(2).error(kNoScript);
  test.until([&] { return test.fake.waits("EVALSHA claim"); }, "the claim");
  test.deliver(order_entries(1, 2));
  test.until([&] { return test.settled().size() == 2; }, "the orders are under way");
  claim.release();
  test.until([&] { return test.settled().size() == 4; }, "the orders again");
  test.until_idle();
  CHECK(test.settled() == Requests{"1-0", "2-0", "1-0", "2-0"});
  CHECK(test.fake.count("SCRIPT LOAD") == 2 * kScripts);
}

TEST_CASE("a chore that meets NOSCRIPT has the scripts loaded") {
  LaneFixture test;
  test.options.claim_idle = Milliseconds(60);
  test.serve();
  test.fake.on("EVALSHA claim").times(1).error(kNoScript);
  test.until([&] { return test.fake.count("SCRIPT LOAD") == 2 * kScripts; }, "the scripts are loaded");
  const std::size_t claims = test.fake.count("EVALSHA claim");
  test.until([&] { return test.fake.count("EVALSHA claim") > claims; }, "the next claim");
  test.deliver(order_entries(1, 1));
  test.until_idle();
  CHECK(test.settled() == Requests{"1-0"});
}

}  // namespace
}  // namespace orderd::test
