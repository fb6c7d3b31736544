// Logarithms come from squaring, powers from a table of roots: slow beside libm's, and the same everywhere.
#include "order-replay/numbers.h"

#include <algorithm>
#include <array>
#include <bit>

#include "base/check.h"

namespace orderd::replay {
namespace {

__extension__ using Wide = unsigned __int128;

// Of 1 / 2^63.
constexpr uint64_t kOne = uint64_t{1} << 63;
constexpr std::size_t kFractionBits = 32;
constexpr uint64_t kLn2Q32 = 2'977'044'472;  // ln(2) * 2^32

constexpr uint64_t root(Wide square) {
  uint64_t result = 0;
  for (uint64_t bit = kOne; bit != 0; bit >>= 1) {
    const uint64_t tried = result | bit;
    if (static_cast<Wide>(tried) * tried <= square) result = tried;
  }
  return result;
}

// [j]: 2^-(2^-(j+1)), in units of 2^-63.
constexpr auto kRoots = [] {
  std::array<uint64_t, kFractionBits> roots{};
  uint64_t last = kOne / 2;
  for (uint64_t& each : roots) each = last = root(static_cast<Wide>(last) << 63);
  return roots;
}();

}  // namespace

uint64_t Random::next() {
  uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31);
}

uint64_t Random::below(uint64_t n) {
  return static_cast<uint64_t>((static_cast<Wide>(next()) * n) >> 64);
}

uint64_t Random::exponential(uint64_t mean) {
  // -ln(u), for u = next() / 2^64.
  const uint64_t minus_log2 = (uint64_t{64} << kFractionBits) - log2_q32(next() | 1);
  const auto minus_ln_q32 = static_cast<uint64_t>((static_cast<Wide>(minus_log2) * kLn2Q32) >> kFractionBits);
  return static_cast<uint64_t>((static_cast<Wide>(minus_ln_q32) * mean) >> kFractionBits);
}

uint64_t log2_q32(uint64_t x) {
  ORDERD_CHECK(x > 0, "the logarithm of nothing");
  const int whole = 63 - std::countl_zero(x);
  auto mantissa = static_cast<Wide>(x) << (63 - whole);
  auto result = static_cast<uint64_t>(whole);
  for (std::size_t i = 0; i < kFractionBits; ++i) {
    mantissa = (mantissa * mantissa) >> 63;
    const bool doubled = mantissa >= (static_cast<Wide>(kOne) << 1);
    if (doubled) mantissa >>= 1;
    result = result << 1 | (doubled ? 1 : 0);
  }
  return result;
}

uint64_t exp2_minus_q40(uint64_t t_q32) {
  uint64_t result = kOne;
  for (std::size_t j = 0; j < kFractionBits; ++j) {
    if ((t_q32 >> (kFractionBits - 1 - j) & 1) == 0) continue;
    result = static_cast<uint64_t>((static_cast<Wide>(result) * kRoots[j]) >> 63);
  }
  const uint64_t shift = 63 - 40 + (t_q32 >> kFractionBits);
  return shift < 64 ? result >> shift : 0;
}

Zipf::Zipf(uint64_t n, uint64_t exponent) : sums_(n) {
  uint64_t sum = 0;
  for (uint64_t k = 0; k < n; ++k) {
    // Nothing is so rare that it never comes.
    sum += std::max<uint64_t>(exp2_minus_q40(exponent * log2_q32(k + 1) / kMillion), 1);
    sums_[k] = sum;
  }
}

}  // namespace orderd::replay
