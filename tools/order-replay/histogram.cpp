// Values below 512 have a bucket each. Above, a bucket is a value's upper nine bits, of which the first is always set.
#include "order-replay/histogram.h"

#include <algorithm>
#include <bit>

#include "order-replay/numbers.h"

namespace orderd::replay {
namespace {

constexpr int kValueBits = 44;
constexpr int kBucketBits = 8;
constexpr std::size_t kBuckets = std::size_t{kValueBits - kBucketBits + 1} << kBucketBits;
static_assert(Histogram::kMax == (uint64_t{1} << kValueBits) - 1);

std::size_t bucket_of(uint64_t value) {
  const int shift = std::max(0, static_cast<int>(std::bit_width(value)) - kBucketBits - 1);
  return (static_cast<std::size_t>(shift) << kBucketBits) + static_cast<std::size_t>(value >> shift);
}

uint64_t upper_of(std::size_t bucket) {
  const std::size_t row = bucket >> kBucketBits;
  const std::size_t shift = row == 0 ? 0 : row - 1;
  const uint64_t lower = bucket - (shift << kBucketBits);
  return ((lower + 1) << shift) - 1;
}

}  // namespace

Histogram::Histogram() : counts_(kBuckets) {
}

void Histogram::add(uint64_t value) {
  value = std::min(value, kMax);
  ++counts_[bucket_of(value)];
  ++count_;
  sum_ += value;
  max_ = std::max(max_, value);
  min_ = std::min(min_, value);
}

uint64_t Histogram::percentile(uint64_t millionths) const {
  const auto wanted = static_cast<uint64_t>((static_cast<Wide>(count_) * millionths + kMillion - 1) / kMillion);
  uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen > 0 && seen >= wanted) return std::min(upper_of(i), max_);
  }
  return max_;
}

std::vector<Histogram::Bucket> Histogram::buckets() const {
  std::vector<Bucket> filled;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] > 0) filled.push_back({upper_of(i), counts_[i]});
  }
  return filled;
}

}  // namespace orderd::replay
