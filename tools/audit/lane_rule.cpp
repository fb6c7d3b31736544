// FNV-1a of the SKU seeds a linear congruential generator. Starting with one lane, each number gives the lane count at
// which the SKU would move; the last lane that exists is its lane. Uses doubles like the published algorithm: rounding
// matters.
#include "audit/lane_rule.h"

#include <cmath>

namespace orderd::audit {

uint32_t lane_of(std::string_view sku, uint32_t lanes) {
  uint64_t state = 14695981039346656037U;
  for (const char c : sku) {
    state ^= static_cast<uint8_t>(c);
    state *= 1099511628211U;
  }
  double lane = 0;
  for (double next = 0; next < lanes;) {
    lane = next;
    state = state * 2862933555777941757U + 1;
    next = std::floor((lane + 1) * (2147483648.0 / static_cast<double>((state >> 33U) + 1)));
  }
  return static_cast<uint32_t>(lane);
}

bool LaneNumber::owns(std::string_view sku) const {
  return of == 1 || lane_of(sku, of) == index;
}

}  // namespace orderd::audit
