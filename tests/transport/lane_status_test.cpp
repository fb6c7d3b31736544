// A lane's status: ages, counts, histograms, and unknown values.
#include <doctest/doctest.h>

#include "transport/lane_fixture.h"

namespace orderd::test {
namespace {

// An order pushed this many ms before the server's current time.
StreamEntry pushed_before(const LaneFixture& test, uint64_t ms) {
  return order_entry(std::to_string(test.server_ms - ms) + "-0");
}

TEST_CASE("each settled request is counted in the histograms once") {
  LaneFixture test;
  test.serve();
  test.deliver(order_entries(1, 1));
  test.until_settled();
  test.deliver(order_entries(2, 5));
  test.until_settled();
  const lane::Counters counters = test.status().counters;
  CHECK(counters.requests_per_call.counts == std::array<uint64_t, 9>{1, 0, 1, 0, 0, 0, 0, 0, 0});
  CHECK(counters.requests_per_call.sum == 5);
  CHECK(counters.settle_us.count() == 2);
  CHECK(counters.settle_us.sum > 0);
}

TEST_CASE("refused calls are in no histogram") {
  LaneFixture test;
  test.serve();
  test.fake.on("EVALSHA settle").times(3).error("OOM command not allowed");
  test.deliver({pushed_before(test, 100)});
  test.until_settled();
  const lane::Counters counters = test.status().counters;
  CHECK(counters.requests_per_call.count() == 1);
  CHECK(counters.settle_us.count() == 1);
  CHECK(counters.end_to_end_ms.count() == 1);
}

TEST_CASE("the age of a request is measured with the clock of the server") {
  LaneFixture test;
  test.server_ms = 4'000'000'000'000;  // far from this machine's clock
  test.serve();
  test.deliver({pushed_before(test, 20'000)});
  test.until_settled();
  const lane::Status status = test.status();
  // Plus the duration of the test. With another clock these would be years.
  CHECK(status.counters.end_to_end_ms.sum >= 20'000);
  CHECK(status.counters.end_to_end_ms.sum < 24 * 3'600'000);
  CHECK(status.position_ms.value_or(0) >= 20'000);
  CHECK(status.position_ms.value_or(0) < 24 * 3'600'000);
  CHECK(status.active_since_ms == 1);
}

TEST_CASE("requests of the same and of other milliseconds are each counted with their age") {
  LaneFixture test;
  test.serve();
  const auto pushed = [&](uint64_t ms, int number) {
    return order_entry(std::to_string(test.server_ms - ms) + "-" + std::to_string(number));
  };
  test.deliver({pushed(2'000'000, 0), pushed(2'000'000, 1), pushed(2'000'000, 2), pushed(5000, 0), pushed(5000, 7)});
  test.until_settled();
  const auto ages = test.status().counters.end_to_end_ms;
  CHECK(ages.count() == 5);
  CHECK(ages.counts[ages.bucket(2'000'001)] == 3);
  CHECK(ages.sum >= 3 * 2'000'000 + 2 * 5000);
}

TEST_CASE("an ID from the future has no age and one that is not a time is skipped") {
  LaneFixture test;
  test.serve();
  test.deliver(order_entries(1, 3));
  test.until_settled();
  CHECK(test.status().counters.end_to_end_ms.count() == 0);
  CHECK_FALSE(test.status().position_ms);
  test.deliver({order_entry("18446744073709551615-0")});
  test.until_settled();
  CHECK(test.status().counters.end_to_end_ms.count() == 1);
  CHECK(test.status().counters.end_to_end_ms.sum == 0);
  CHECK(test.status().position_ms == 0);
}

TEST_CASE("the number of waiting requests is the server's last reply, or unknown") {
  LaneFixture test;
  auto& known = test.fake.on("EVALSHA sign").reply(resp::bulks({"moved", "5"}));
  test.serve();
  test.until([&] { return test.status().waiting == 5; }, "the count");
  known.off();
  SUBCASE("the server does not know") {
    test.fake.on("EVALSHA sign").reply(resp::bulks({"moved", ""}));
  }
  SUBCASE("the server refuses to say") {
    test.fake.on("EVALSHA sign").error("NOPERM no");
  }
  test.until([&] { return !test.status().waiting; }, "it is unknown");
}

TEST_CASE("a standby does not know what waits") {
  LaneFixture test;
  test.serve();
  test.until([&] { return test.status().waiting == 0; }, "the count");
  CHECK(test.status().oldest_waiting_ms == 0);
  test.owner = "other";
  test.until([&] { return test.status().owner == "other"; }, "another one is active");
  const lane::Status status = test.status();
  CHECK(status.active_since_ms == 0);
  CHECK_FALSE(status.waiting);
  CHECK_FALSE(status.oldest_waiting_ms);
  CHECK_FALSE(status.position_ms);
  test.owner.clear();
  test.until([&] { return test.status().active_since_ms > 0 && test.status().waiting == 0; }, "it is active again");
}

TEST_CASE("the owner is unknown without a link") {
  LaneFixture test;
  test.owner = "other";
  test.start();
  test.until([&] { return test.status().owner == "other"; }, "it stands by");
  test.fake.refuse();
  test.fake.close_all();
  test.until([&] { return test.status().phase == lane::Phase::kConnecting; }, "the link is down");
  CHECK(test.status().owner.empty());
  test.fake.listen();
  test.until([&] { return test.status().owner == "other"; }, "it stands by again");
  CHECK(test.status().counters.reconnects == 1);
}

TEST_CASE("what waits keeps its age and its count while the lane is blocked") {
  LaneFixture test;
  test.fake.on("EVALSHA sign").answer([&](const Received&) {
    return resp::bulks({"moved", test.position == "0-0" ? "1" : "0"});
  });
  test.serve();
  auto& refused = test.fake.on("EVALSHA settle").error("OOM command not allowed");
  test.deliver({pushed_before(test, 30'000)});
  test.until([&] { return refused.used() >= 2; }, "it is refused");
  test.until([&] { return test.status().phase == lane::Phase::kBlocked && test.status().waiting == 1; }, "it waits");
  CHECK(test.status().in_flight == 0);
  CHECK(test.status().oldest_waiting_ms.value_or(0) >= 30'000);
  CHECK(test.status().counters.errors.by_word().at("OOM") >= 2);
  refused.off();
  test.until_settled();
  test.until([&] { return test.status().oldest_waiting_ms == 0 && test.status().waiting == 0; }, "nothing waits");
}

TEST_CASE("what waited when the link was lost keeps its age, and is dropped if it was deleted meanwhile") {
  LaneFixture test;
  test.serve();
  auto& held = test.fake.on("EVALSHA settle").silence();
  test.deliver({pushed_before(test, 30'000), pushed_before(test, 20'000)});
  test.until([&] { return held.used() == 1; }, "it is in flight");
  CHECK(test.status().oldest_waiting_ms.value_or(0) >= 30'000);
  held.off();
  auto& joins = test.fake.on("EVALSHA join").error("LOADING the dataset");
  test.fake.close_all();
  test.until([&] { return test.status().phase == lane::Phase::kBlocked; }, "it cannot join");
  CHECK(test.status().oldest_waiting_ms.value_or(0) >= 30'000);
  test.stream.clear();
  joins.off();
  test.until_idle();
  test.until([&] { return test.status().oldest_waiting_ms == 0; }, "nothing waits");
}

TEST_CASE("what waits is counted while the lane is paused") {
  LaneFixture test;
  test.serve();
  auto& joins = test.fake.on("EVALSHA join").reply(resp::bulks({"0-0", "0", "-1", "paused", "1 a test", "0", ""}));
  auto& paused = test.fake.on("EVALSHA sign").reply(resp::bulks({"paused", "3"}));
  test.until([&] { return test.status().phase == lane::Phase::kPaused && test.status().waiting == 3; }, "the pause");
  CHECK(test.status().active_since_ms > 0);
  CHECK_FALSE(test.status().oldest_waiting_ms);  // it was not read
  joins.off();
  paused.off();
  test.until([&] { return test.status().phase == lane::Phase::kServing; }, "the lane serves again");
}

TEST_CASE("a lane that gets no reply stalls and one that finds nothing to do does not") {
  LaneFixture test;
  test.serve();
  auto& held = test.fake.on("EVALSHA settle").hold();
  held.answer([&](const Received& command) {
    test.position = settle_call(command).requests.back();
    test.settled.push_back(test.position);
    return resp::bulk("a");
  });
  test.deliver(order_entries(1, 1));
  // Reads are answered meanwhile, and so is everything else.
  test.until([&] { return test.status().stalled_ms > 1000; }, "it stalls");
  CHECK(test.status().phase == lane::Phase::kServing);
  held.release();
  test.until_settled();
  test.until([&] { return test.status().stalled_ms < 500; }, "it resumes");
}

TEST_CASE("refusals of every script and of the handshake are counted by error code") {
  for (const std::string command : {"EVALSHA lease", "EVALSHA join", "EVALSHA settle", "XREAD", "SCRIPT LOAD"}) {
    CAPTURE(command);
    LaneFixture test;
    test.stream = order_entries(1, 1);
    test.serve();
    auto& refused = test.fake.on(command).times(1).error("NOAUTH Authentication required.");
    test.fake.close_all();
    test.deliver(order_entries(2, 3));
    test.until_settled();
    test.until([&] { return refused.used() == 1; }, "the refusal");
    CHECK(test.status().counters.errors.by_word().at("NOAUTH") == 1);
  }
}

}  // namespace
}  // namespace orderd::test
