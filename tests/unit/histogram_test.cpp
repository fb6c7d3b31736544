#include "base/histogram.h"

#include <doctest/doctest.h>

namespace orderd {
namespace {

// Compares with the definition: the first bucket whose bound is not below the value.
template <class H>
void agrees(uint64_t value) {
  std::size_t expected = 0;
  while (expected + 1 < H().counts.size() && value > H::bound(expected)) ++expected;
  CAPTURE(value);
  CHECK(H::bucket(value) == expected);
}

TEST_CASE("each value falls into the first bucket whose bound is not below it") {
  for (uint64_t value = 0; value < 20'000; ++value) {
    agrees<Histogram<1, 8>>(value);
    agrees<Histogram<100, 18>>(value);
    agrees<Histogram<7, 3>>(value);
  }
  for (std::size_t i = 0; i < 18; ++i) {
    for (const int64_t offset : {-1, 0, 1}) {
      agrees<Histogram<100, 18>>(Histogram<100, 18>::bound(i) + static_cast<uint64_t>(offset));
    }
  }
  for (const uint64_t value : {UINT64_MAX, UINT64_MAX - 1, UINT64_MAX / 2}) {
    agrees<Histogram<1, 23>>(value);
    agrees<Histogram<1, 64>>(value);
  }
}

TEST_CASE("a histogram counts each value once and adds them up") {
  Histogram<1, 8> values;
  uint64_t sum = 0;
  for (const uint64_t value : {0U, 1U, 2U, 3U, 64U, 128U, 129U, 1000U}) {
    values.observe(value);
    sum += value;
  }
  CHECK(values.count() == 8);
  CHECK(values.sum == sum);
  CHECK(values.counts == std::array<uint64_t, 9>{2, 1, 1, 0, 0, 0, 1, 1, 2});
}

}  // namespace
}  // namespace orderd
