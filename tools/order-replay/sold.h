// The stock that an accepted order, or a change of stock, left behind.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "shared/entry.h"

namespace orderd::replay {

struct Left {
  std::string_view sku;
  uint64_t quantity = 0;  // what an order took
  uint64_t remaining = 0;
};
// Calls `each` for every SKU in `lines` of an entry of the results stream that says what remains of it.
void each_left(const tools::Entry& result, const std::function<void(const Left&)>& each);

}  // namespace orderd::replay
