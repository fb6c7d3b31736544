// The rates of the status page: how many requests were settled in each second.
#include "admin/rates.h"

#include <doctest/doctest.h>

namespace orderd::admin {
namespace {

// A daemon with two lanes, sampled by the test. The first sample is at second 1000.
struct Sampled {
  Sampled() {
    snapshot.lanes.resize(2);
    rates.sample(snapshot, 1'000'000);
  }
  void settle(std::size_t lane, lane::Outcome outcome, uint64_t count) {
    snapshot.lanes[lane].status.counters.outcomes[static_cast<std::size_t>(outcome)] += count;
  }
  void sample_after(uint64_t ms) { rates.sample(snapshot, now_ms += ms); }

  Snapshot snapshot;
  Rates rates;
  uint64_t now_ms = 1'000'000;
};

}  // namespace

TEST_CASE("rates are zero before the first sample") {
  const Rates rates;
  CHECK(rates.per_second(0, 5) == 0);
  CHECK(rates.sum().all() == 0);
  CHECK(rates.bars().back().all() == 0);
}

TEST_CASE("a rate is the average over the last seconds or over the time since the start") {
  Sampled daemon;
  daemon.settle(0, lane::Outcome::kAccepted, 30);
  daemon.sample_after(1000);
  CHECK(daemon.rates.per_second(0, 5) == 30);
  CHECK(daemon.rates.per_second(1, 5) == 0);
  daemon.sample_after(1000);
  CHECK(daemon.rates.per_second(0, 5) == 15);
  for (int i = 0; i < 8; ++i) daemon.sample_after(1000);
  CHECK(daemon.rates.per_second(0, 5) == 0);
  CHECK(daemon.rates.per_second(0, 60) == 3);
}

TEST_CASE("a bar has five seconds of all lanes by kind and appears when they are over") {
  Sampled daemon;
  daemon.settle(0, lane::Outcome::kAccepted, 1);
  daemon.settle(0, lane::Outcome::kMalformed, 2);
  daemon.settle(1, lane::Outcome::kUnknownSku, 4);
  daemon.settle(1, lane::Outcome::kDuplicate, 8);
  daemon.sample_after(4000);  // second 1004: the last one of its bar
  CHECK(daemon.rates.bars().back().all() == 0);
  daemon.settle(0, lane::Outcome::kAccepted, 100);
  daemon.sample_after(1000);
  const auto bars = daemon.rates.bars();
  CHECK(bars.back().accepted == 1);
  CHECK(bars.back().rejected == 6);
  CHECK(bars.back().duplicate == 8);
  CHECK(bars[Rates::kBars - 2].all() == 0);
  daemon.sample_after(5000);
  CHECK(daemon.rates.bars().back().accepted == 100);
  CHECK(daemon.rates.bars()[Rates::kBars - 2].all() == 15);
}

TEST_CASE("samples are dropped after ten minutes and after a pause of this process") {
  Sampled daemon;
  daemon.settle(0, lane::Outcome::kAccepted, 5);
  daemon.sample_after(1000);
  for (std::size_t i = 1; i < Rates::kSeconds; ++i) daemon.sample_after(1000);
  CHECK(daemon.rates.sum().all() == 5);
  daemon.sample_after(1000);
  CHECK(daemon.rates.sum().all() == 0);
  daemon.settle(0, lane::Outcome::kAccepted, 7);
  daemon.sample_after(3'600'000);
  CHECK(daemon.rates.sum().all() == 7);
}

}  // namespace orderd::admin
