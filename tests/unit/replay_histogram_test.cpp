#include "order-replay/histogram.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "order-replay/numbers.h"

namespace orderd::replay {

TEST_CASE("an empty histogram returns zero for everything, and small values are counted exactly") {
  Histogram histogram;
  CHECK(histogram.max() == 0);
  CHECK(histogram.mean() == 0);
  CHECK(histogram.percentile(500'000) == 0);
  CHECK(histogram.buckets().empty());
  for (uint64_t value = 1; value <= 100; ++value) histogram.add(value);
  CHECK(histogram.percentile(0) == 1);
  CHECK(histogram.percentile(500'000) == 50);
  CHECK(histogram.percentile(990'000) == 99);
  CHECK(histogram.percentile(1'000'000) == 100);
  CHECK(histogram.mean() == 50);
}

TEST_CASE("a percentile is never below its value and at most one part in 256 above") {
  Random random(5);
  Histogram histogram;
  std::vector<uint64_t> values;
  for (int i = 0; i < 20'000; ++i) {
    values.push_back(random.next() >> (20 + random.below(43)));
    histogram.add(values.back());
  }
  std::sort(values.begin(), values.end());
  for (const uint64_t millionths : {1'000U, 100'000U, 500'000U, 900'000U, 999'000U, 1'000'000U}) {
    const uint64_t exact = values[values.size() * millionths / 1'000'000 - 1];
    CHECK(histogram.percentile(millionths) >= exact);
    CHECK(histogram.percentile(millionths) <= exact + exact / 256);
  }
  CHECK(histogram.max() == values.back());
}

TEST_CASE("a value beyond the largest one counts as the largest one") {
  Histogram histogram;
  histogram.add(UINT64_MAX);
  CHECK(histogram.max() == Histogram::kMax);
  CHECK(histogram.percentile(500'000) == Histogram::kMax);
  REQUIRE(histogram.buckets().size() == 1);
  CHECK(histogram.buckets().front().upper == Histogram::kMax);
}

TEST_CASE("the buckets contain all values below their upper ends") {
  Histogram histogram;
  uint64_t count = 0;
  for (uint64_t value = 1; value < Histogram::kMax; value = value * 3 / 2 + 1) {
    histogram.add(value);
    ++count;
  }
  uint64_t sum = 0;
  uint64_t last = 0;
  for (const Histogram::Bucket& bucket : histogram.buckets()) {
    CHECK(bucket.upper > last);
    last = bucket.upper;
    sum += bucket.count;
  }
  CHECK(sum == count);
}

}  // namespace orderd::replay
