// What an order asks for, as fingerprints: of a request and of its result, to be compared.
#pragma once

#include <cstdint>
#include <string_view>

#include "audit/id.h"

namespace orderd::audit {

struct Content {
  uint32_t customer = 0;
  uint64_t lines = 0;  // independent of their order

  // `quantity`: the sum of all lines of the SKU.
  void add_line(std::string_view sku, uint64_t quantity) { lines += hash_of(sku, quantity * 0x9E3779B97F4A7C15U); }
  void set_customer(std::string_view name) { customer = static_cast<uint32_t>(hash_of(name) >> 32U); }
  [[nodiscard]] uint64_t digest() const {
    const uint64_t mixed = (lines ^ (uint64_t{customer} + 1) * 0xC2B2AE3D27D4EB4FU) * 0x165667B19E3779F9U;
    return mixed ^ (mixed >> 29U);
  }
};

}  // namespace orderd::audit
