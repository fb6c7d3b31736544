// What was settled in each second of the last ten minutes, for each lane. Filled from the lanes' counters, so that it
// adds no cost to an order.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "admin/snapshot.h"

namespace orderd::admin {

class Rates {
 public:
  static constexpr std::size_t kSeconds = 600;
  static constexpr std::size_t kBarSeconds = 5;
  static constexpr std::size_t kBars = kSeconds / kBarSeconds;

  struct Counts {
    uint64_t accepted = 0;
    uint64_t rejected = 0;
    uint64_t duplicate = 0;

    [[nodiscard]] uint64_t all() const { return accepted + rejected + duplicate; }
    Counts& operator+=(const Counts& other);
  };

  // Counts everything since the last sample for this second. Call it once a second. `now_ms`: of a monotonic clock.
  void sample(const Snapshot& snapshot, uint64_t now_ms);

  // Requests settled per second by a lane, averaged over this many seconds, or over the time since the first sample.
  [[nodiscard]] double per_second(std::size_t lane, std::size_t seconds) const;
  // All lanes, oldest first, without the unfinished five seconds.
  [[nodiscard]] std::array<Counts, kBars> bars() const;
  // All lanes, over the whole time.
  [[nodiscard]] Counts sum() const;

 private:
  struct Lane {
    std::array<Counts, kSeconds> seconds{};  // a ring: second s is at s % kSeconds
    Counts total;
  };
  void advance(uint64_t second);
  [[nodiscard]] Counts at(const Lane& lane, uint64_t ago) const;

  std::vector<Lane> lanes_;
  uint64_t first_ = 0;  // the second of the first sample; 0: none yet
  uint64_t now_ = 0;
};

}  // namespace orderd::admin
