// Which lane an SKU belongs to: a second implementation, written from docs/scaling.md, sharing no code with the daemon.
#pragma once

#include <cstdint>
#include <string_view>

namespace orderd::audit {

// The audited lane, and the number of lanes.
struct LaneNumber {
  uint32_t index = 0;
  uint32_t of = 1;
  // Whether an SKU belongs to this lane.
  [[nodiscard]] bool owns(std::string_view sku) const;
};

// 0 to lanes - 1; `lanes` is at least 1.
[[nodiscard]] uint32_t lane_of(std::string_view sku, uint32_t lanes);

}  // namespace orderd::audit
