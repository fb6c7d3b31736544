// Seconds without a sample (the process was stopped) are empty; what happened meanwhile counts for the next one.
#include "admin/rates.h"

#include <algorithm>

namespace orderd::admin {
namespace {

Rates::Counts counts_of(const lane::Counters& counters) {
  Rates::Counts counts;
  counts.accepted = counters.outcomes[static_cast<std::size_t>(lane::Outcome::kAccepted)];
  counts.duplicate = counters.outcomes[static_cast<std::size_t>(lane::Outcome::kDuplicate)];
  counts.rejected = counters.settled() - counts.accepted - counts.duplicate;
  return counts;
}

Rates::Counts difference(const Rates::Counts& now, const Rates::Counts& before) {
  return {now.accepted - before.accepted, now.rejected - before.rejected, now.duplicate - before.duplicate};
}

}  // namespace

Rates::Counts& Rates::Counts::operator+=(const Counts& other) {
  accepted += other.accepted;
  rejected += other.rejected;
  duplicate += other.duplicate;
  return *this;
}

void Rates::sample(const Snapshot& snapshot, uint64_t now_ms) {
  const uint64_t second = now_ms / 1000;
  if (first_ == 0) first_ = now_ = second;
  lanes_.resize(snapshot.lanes.size());
  advance(second);
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    const Counts total = counts_of(snapshot.lanes[i].status.counters);
    lanes_[i].seconds[second % kSeconds] += difference(total, lanes_[i].total);
    lanes_[i].total = total;
  }
}

void Rates::advance(uint64_t second) {
  for (uint64_t next = std::max(now_ + 1, second - std::min<uint64_t>(second, kSeconds - 1)); next <= second; ++next) {
    for (Lane& lane : lanes_) lane.seconds[next % kSeconds] = {};
  }
  now_ = second;
}

Rates::Counts Rates::at(const Lane& lane, uint64_t ago) const {
  return ago < kSeconds && ago <= now_ ? lane.seconds[(now_ - ago) % kSeconds] : Counts{};
}

double Rates::per_second(std::size_t lane, std::size_t seconds) const {
  if (lane >= lanes_.size()) return 0;
  uint64_t settled = 0;
  for (std::size_t ago = 0; ago < seconds; ++ago) settled += at(lanes_[lane], ago).all();
  return static_cast<double>(settled) / static_cast<double>(std::clamp<uint64_t>(now_ - first_, 1, seconds));
}

std::array<Rates::Counts, Rates::kBars> Rates::bars() const {
  std::array<Counts, kBars> bars{};
  const uint64_t running = now_ % kBarSeconds;  // seconds of the unfinished bar, except this one
  // The oldest bar would reach beyond the ring: at() skips what does not exist.
  for (std::size_t ago = running + 1; ago < kSeconds; ++ago) {
    for (const Lane& lane : lanes_) bars[kBars - 1 - (ago - running - 1) / kBarSeconds] += at(lane, ago);
  }
  return bars;
}

Rates::Counts Rates::sum() const {
  Counts sum;
  for (const Lane& lane : lanes_) {
    for (const Counts& each : lane.seconds) sum += each;
  }
  return sum;
}

}  // namespace orderd::admin
