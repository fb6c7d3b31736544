// The orders that the producers push: one or several lines, both forms, retries (5% with the same content, 1% with
// other content) and malformed ones (2%). A fifth asks for a reply. The same seed gives the same orders.
#pragma once

#include <string>
#include <vector>

#include "order-chaos/record.h"
#include "support/seed.h"

namespace orderd::chaos {

enum class Workload { kUniform, kHotSku, kRetries };  // kRetries: a third of all orders are retries
[[nodiscard]] const char* name_of(Workload workload);

class OrderSource {
 public:
  // `name` keeps the IDs of several sources distinct. It sells the SKUs of stock().
  OrderSource(std::string name, Workload workload, uint64_t seed);
  // The same for these SKUs, at least one.
  OrderSource(std::string name, Workload workload, uint64_t seed, std::vector<std::string> skus);

  [[nodiscard]] Order next();
  // The SKUs and their initial stock: some sell out.
  [[nodiscard]] static std::vector<std::pair<std::string, uint64_t>> stock();

 private:
  [[nodiscard]] Order fresh();
  [[nodiscard]] Order malformed();
  [[nodiscard]] std::string sku();

  std::string name_;
  Workload workload_;
  test::Random random_;
  std::vector<std::string> skus_;
  std::string unknown_;  // an SKU without stock, ordered now and then; empty: none
  uint64_t made_ = 0;
  std::vector<Order> sent_;  // recent orders, for retries
};

// An order's entry in flat form (one line only) or as JSON.
enum class Form { kFlat, kJson };
void write_entry(Order& order, Form form);

}  // namespace orderd::chaos
