// A lane's status: ages, counts, histograms, and unknown values.
#include "transport/lane_fixture.h"

namespace orderd::test {
namespace {

struct StatusFixture : LaneFixture {
  // An order pushed this many ms before the server's current time.
  [[nodiscard]] StreamEntry pushed_before(uint64_t ms, int number = 0) const {
    return order_entry(std::to_string(server_ms - ms) + "-" + std::to_string(number));
  }
};

TEST_CASE_FIXTURE(StatusFixture, "each settled request is counted in the histograms once, refused calls are not") {
  serve();
  settles(1, 1);
  settles(2, 5);
  lane::Counters counters = status().counters;
  CHECK(counters.requests_per_call.counts == std::array<uint64_t, 9>{1, 0, 1, 0, 0, 0, 0, 0, 0});
  CHECK(counters.requests_per_call.sum == 5);
  CHECK(counters.settle_us.count() == 2);
  CHECK(counters.settle_us.sum > 0);
  fake.on("EVALSHA settle").times(3).error("OOM command not allowed");
  settles({pushed_before(100)});
  counters = status().counters;
  CHECK(counters.requests_per_call.count() == 3);
  CHECK(counters.settle_us.count() == 3);
  CHECK(counters.end_to_end_ms.count() == 1);
}

TEST_CASE_FIXTURE(StatusFixture, "the age of a request is measured with the clock of the server") {
  server_ms = 4'000'000'000'000;  // far from this machine's clock
  serve();
  settles({pushed_before(20'000)});
  // Plus the duration of the test. With another clock these would be years.
  for (const uint64_t age_ms : {status().counters.end_to_end_ms.sum, status().position_ms.value_or(0)}) {
    CHECK(age_ms >= 20'000);
    CHECK(age_ms < 24 * 3'600'000);
  }
  CHECK(status().active_since_ms == 1);
}

TEST_CASE_FIXTURE(StatusFixture, "requests of the same and of other milliseconds are each counted with their age") {
  serve();
  deliver({pushed_before(2'000'000, 0), pushed_before(2'000'000, 1), pushed_before(2'000'000, 2),
           pushed_before(5000, 0), pushed_before(5000, 7)});
  until_settled();
  const auto ages = status().counters.end_to_end_ms;
  CHECK(ages.count() == 5);
  CHECK(ages.counts[ages.bucket(2'000'001)] == 3);
  CHECK(ages.sum >= 3 * 2'000'000 + 2 * 5000);
}

TEST_CASE_FIXTURE(StatusFixture, "an ID from the future has no age and one that is not a time is skipped") {
  serve();
  settles(1, 3);
  CHECK(status().counters.end_to_end_ms.count() == 0);
  CHECK_FALSE(status().position_ms);
  settles({order_entry("18446744073709551615-0")});
  CHECK(status().counters.end_to_end_ms.count() == 1);
  CHECK(status().counters.end_to_end_ms.sum == 0);
  CHECK(status().position_ms == 0);
}

TEST_CASE_FIXTURE(StatusFixture, "the number of waiting requests is the server's last reply, or unknown") {
  auto& known = fake.on("EVALSHA sign").reply(resp::bulks({"moved", "5"}));
  serve();
  until([&] { return status().waiting == 5; }, "the count");
  known.off();
  // The server does not know, or refuses to say.
  for (const std::string& unknown : {resp::bulks({"moved", ""}), resp::error("NOPERM no")}) {
    auto& sign = fake.on("EVALSHA sign").reply(unknown);
    until([&] { return sign.used() > 0 && !status().waiting; }, "it is unknown");
    sign.off();
    known.times(100);
    until([&] { return status().waiting == 5; }, "the count");
    known.off();
  }
}

TEST_CASE_FIXTURE(StatusFixture, "a standby does not know what waits, nor without a link who is active") {
  const auto until_standby = [&] { until([&] { return status().owner == "other"; }, "another one is active"); };
  serve();
  until([&] { return status().waiting == 0; }, "the count");
  CHECK(status().oldest_waiting_ms == 0);
  owner = "other";
  until_standby();
  CHECK(status().active_since_ms == 0);
  CHECK_FALSE(status().waiting);
  CHECK_FALSE(status().oldest_waiting_ms);
  CHECK_FALSE(status().position_ms);
  fake.refuse();
  fake.close_all();
  until_phase(lane::Phase::kConnecting);
  CHECK(status().owner.empty());
  fake.listen();
  until_standby();
  CHECK(status().counters.reconnects == 1);
  owner.clear();
  until([&] { return status().active_since_ms > 0 && status().waiting == 0; }, "it is active again");
}

TEST_CASE_FIXTURE(StatusFixture, "what waits keeps its age and its count while the lane is blocked") {
  fake.on("EVALSHA sign").answer([&](const Received&) {
    return resp::bulks({"moved", position == "0-0" ? "1" : "0"});
  });
  serve();
  auto& refused = fake.on("EVALSHA settle").error("OOM command not allowed");
  deliver({pushed_before(30'000)});
  until_used(refused, 2);
  until([&] { return status().phase == lane::Phase::kBlocked && status().waiting == 1; }, "it waits");
  CHECK(status().in_flight == 0);
  CHECK(status().oldest_waiting_ms.value_or(0) >= 30'000);
  CHECK(status().counters.errors.by_word().at("OOM") >= 2);
  refused.off();
  until_settled();
  until([&] { return status().oldest_waiting_ms == 0 && status().waiting == 0; }, "nothing waits");
}

TEST_CASE_FIXTURE(StatusFixture, "what waited when the link was lost keeps its age, and is dropped if deleted") {
  serve();
  auto& held = fake.on("EVALSHA settle").silence();
  deliver({pushed_before(30'000), pushed_before(20'000)});
  until_used(held, 1);
  CHECK(status().oldest_waiting_ms.value_or(0) >= 30'000);
  held.off();
  auto& joins = fake.on("EVALSHA join").error("LOADING the dataset");
  fake.close_all();
  until_phase(lane::Phase::kBlocked);
  CHECK(status().oldest_waiting_ms.value_or(0) >= 30'000);
  stream.clear();
  joins.off();
  until_idle();
  until([&] { return status().oldest_waiting_ms == 0; }, "nothing waits");
}

TEST_CASE_FIXTURE(StatusFixture, "a lane that gets no reply stalls and one that finds nothing to do does not") {
  serve();
  auto& held = hold_settle();
  deliver(order_entries(1, 1));
  // Reads are answered meanwhile, and so is everything else.
  until([&] { return status().stalled_ms > 1000; }, "it stalls");
  CHECK(status().phase == lane::Phase::kServing);
  held.release();
  until_settled();
  until([&] { return status().stalled_ms < 500; }, "it resumes");
}

}  // namespace
}  // namespace orderd::test
