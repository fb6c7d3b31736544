// The wait before the next attempt: doubling, with jitter, so that many clients do not reconnect at the same time.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace orderd::valkey {

class Backoff {
 public:
  using Milliseconds = std::chrono::milliseconds;
  static constexpr Milliseconds kFirst{50};
  static constexpr Milliseconds kLongest{5000};

  explicit Backoff(uint32_t seed) : random_(seed) {}

  // The next delay: uniform in the upper half of 50, 100, 200 … 5000 ms, or up to `longest`.
  [[nodiscard]] Milliseconds next(Milliseconds longest = kLongest) {
    const Milliseconds ceiling = std::min(ceiling_, longest);
    ceiling_ = std::min(2 * ceiling_, kLongest);
    std::uniform_int_distribution<Milliseconds::rep> spread(ceiling.count() / 2, ceiling.count());
    return Milliseconds(spread(random_));
  }
  // The next wait is the shortest again.
  void reset() { ceiling_ = kFirst; }

 private:
  Milliseconds ceiling_ = kFirst;
  std::minstd_rand random_;
};

}  // namespace orderd::valkey
