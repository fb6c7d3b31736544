// The rates of the status page: how many requests were settled in each second.
#include "admin/rates.h"

#include <doctest/doctest.h>

namespace orderd::admin {
namespace {

using lane::Outcome;

// A daemon with two lanes, sampled by the test. The first sample is at second 1000.
struct Sampled {
  Sampled() {
    snapshot.lanes.resize(2);
    rates.sample(snapshot, 1'000'000);
  }
  void settle(std::size_t lane, Outcome outcome, uint64_t count) {
    snapshot.lanes[lane].status.counters.outcomes[static_cast<std::size_t>(outcome)] += count;
  }
  void sample_after(uint64_t ms) { rates.sample(snapshot, now_ms += ms); }

  Snapshot snapshot;
  Rates rates;
  uint64_t now_ms = 1'000'000;
};

TEST_CASE("rates are zero before the first sample") {
  const Rates rates;
  CHECK(rates.per_second(0, 5) == 0);
  CHECK(rates.sum().all() == 0);
  CHECK(rates.bars().back().all() == 0);
}

TEST_CASE_FIXTURE(Sampled, "a rate is the average over the last seconds or over the time since the start") {
  settle(0, Outcome::kAccepted, 30);
  sample_after(1000);
  CHECK(rates.per_second(0, 5) == 30);
  CHECK(rates.per_second(1, 5) == 0);
  sample_after(1000);
  CHECK(rates.per_second(0, 5) == 15);
  for (int i = 0; i < 8; ++i) sample_after(1000);
  CHECK(rates.per_second(0, 5) == 0);
  CHECK(rates.per_second(0, 60) == 3);
}

TEST_CASE_FIXTURE(Sampled, "a bar has five seconds of all lanes by kind and appears when they are over") {
  settle(0, Outcome::kAccepted, 1);
  settle(0, Outcome::kMalformed, 2);
  settle(1, Outcome::kUnknownSku, 4);
  settle(1, Outcome::kDuplicate, 8);
  sample_after(4000);  // second 1004: the last one of its bar
  CHECK(rates.bars().back().all() == 0);
  settle(0, Outcome::kAccepted, 100);
  sample_after(1000);
  auto bars = rates.bars();
  CHECK(bars.back().accepted == 1);
  CHECK(bars.back().rejected == 6);
  CHECK(bars.back().duplicate == 8);
  CHECK(bars[Rates::kBars - 2].all() == 0);
  sample_after(5000);
  bars = rates.bars();
  CHECK(bars.back().accepted == 100);
  CHECK(bars[Rates::kBars - 2].all() == 15);
}

TEST_CASE_FIXTURE(Sampled, "samples are dropped after ten minutes and after a pause of this process") {
  settle(0, Outcome::kAccepted, 5);
  sample_after(1000);
  for (std::size_t i = 1; i < Rates::kSeconds; ++i) sample_after(1000);
  CHECK(rates.sum().all() == 5);
  sample_after(1000);
  CHECK(rates.sum().all() == 0);
  settle(0, Outcome::kAccepted, 7);
  sample_after(3'600'000);
  CHECK(rates.sum().all() == 7);
}

}  // namespace
}  // namespace orderd::admin
