// orderctl stock: set, add, get, list.
#pragma once

#include <string>
#include <vector>

#include "shared/program.h"

namespace CLI {
class App;
}

namespace orderd::tools {

class Stock {
 public:
  Stock(CLI::App& parent, Program& program);
  Stock(const Stock&) = delete;
  Stock& operator=(const Stock&) = delete;

 private:
  void add_change(CLI::App& stock, Program& program, bool set);
  void add_get(CLI::App& stock, Program& program);
  void add_list(CLI::App& stock, Program& program);

  std::string sku_;
  std::string amount_;
  std::string reason_;
  std::vector<std::string> skus_;
  bool unsorted_ = false;
};

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
