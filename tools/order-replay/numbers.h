// Seeded numbers that are the same on every machine: whole numbers only. The standard library's distributions and libm
// are free to differ from one machine to the next.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace orderd::replay {

// Shares and exponents are given in millionths.
inline constexpr uint64_t kMillion = 1'000'000;

// SplitMix64.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next();
  // 0 to n - 1; `n` at least 1. The bias is below n / 2^64.
  uint64_t below(uint64_t n);
  uint64_t between(uint64_t first, uint64_t last) { return first + below(last - first + 1); }
  bool chance(uint64_t millionths) { return below(kMillion) < millionths; }
  // Exponentially distributed with that mean: the gap between two events that do not know of each other.
  uint64_t exponential(uint64_t mean);

 private:
  uint64_t state_;
};

// log2(x) * 2^32, rounded down; `x` at least 1.
[[nodiscard]] uint64_t log2_q32(uint64_t x);
// 2^-t * 2^40, for t = t_q32 / 2^32, to within a few units.
[[nodiscard]] uint64_t exp2_minus_q40(uint64_t t_q32);

// Picks 0 to n - 1 where k has the weight 1 / (k + 1)^exponent.
class Zipf {
 public:
  // 8 bytes of memory for each of `n`, which is at most 2^20. `exponent` in millionths, at most 5 million.
  Zipf(uint64_t n, uint64_t exponent);
  uint64_t pick(Random& random) const {
    const auto found = std::upper_bound(sums_.begin(), sums_.end(), random.below(sums_.back()));
    return static_cast<uint64_t>(found - sums_.begin());
  }

 private:
  std::vector<uint64_t> sums_;  // of the weights up to and with k
};

}  // namespace orderd::replay
