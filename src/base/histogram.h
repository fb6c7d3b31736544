// Counts how often a value fell into which bucket. The upper bounds double: First, 2 First, 4 First, … (N of them),
// plus one bucket for everything larger. So finding a bucket is a division by a constant and a bit count: a few
// nanoseconds.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace orderd {

template <uint64_t First, std::size_t N>
struct Histogram {
  static_assert(First > 0 && N > 0 && N <= 64 && First <= (UINT64_MAX >> (N - 1)), "a bound does not fit");

  std::array<uint64_t, N + 1> counts{};  // per bucket, not cumulative
  uint64_t sum = 0;

  // Of bucket `i`, inclusive; the last bucket has none.
  static constexpr uint64_t bound(std::size_t i) { return First << i; }

  void observe(uint64_t value, uint64_t times = 1) {
    counts[bucket(value)] += times;
    sum += value * times;
  }
  [[nodiscard]] uint64_t count() const {
    uint64_t all = 0;
    for (const uint64_t each : counts) all += each;
    return all;
  }
  static constexpr std::size_t bucket(uint64_t value) {
    if (value == 0) return 0;
    return std::min<std::size_t>(static_cast<std::size_t>(std::bit_width((value - 1) / First)), N);
  }
};

}  // namespace orderd
