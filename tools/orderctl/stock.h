// What the stock commands do.
#pragma once

#include <string>
#include <vector>

#include "shared/program.h"

namespace orderd::tools {

// One change of stock, through lua/stock.lua. `change` is "set" or "add"; `amount` was checked.
struct StockChange {
  std::string change;
  std::string sku;
  std::string amount;
  std::string reason;
};
[[nodiscard]] Result<int> change_stock(const Context& context, const StockChange& change);
// Status kFailed if one of them has no usable stock.
[[nodiscard]] Result<int> get_stock(const Context& context, const std::vector<std::string>& skus);
// All stock; `sorted` by SKU, which needs memory for all their names.
[[nodiscard]] Result<int> list_stock(const Context& context, bool sorted);

}  // namespace orderd::tools
