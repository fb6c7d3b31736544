// What was settled in each of the last ten minutes' seconds, for each lane. Filled from the lanes' counters, so that it
// costs an order nothing.
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

  // What has come since the last sample counts for this second. Call it once a second. `now_ms`: of a monotonic clock.
  void sample(const Snapshot& snapshot, uint64_t now_ms);

  // Settled a second by a lane, as an average over so many seconds, or over the time since the first sample.
  [[nodiscard]] double per_second(std::size_t lane, std::size_t seconds) const;
  // All lanes, oldest first. The five seconds that are not over are not among them.
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
  uint64_t first_ = 0;  // the second of the first sample; 0: there was none
  uint64_t now_ = 0;
};

}  // namespace orderd::admin
