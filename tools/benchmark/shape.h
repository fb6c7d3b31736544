// The orders of a measurement, and how they get into the server.
#pragma once

#include <cstdint>
#include <string>

#include "valkey/sync_client.h"

namespace orderd::bench {

struct Shape {
  uint32_t lines = 1;     // of each order, all of different SKUs, quantity 1
  uint32_t skus = 1;      // number of SKUs; at least `lines`
  bool sold_out = false;  // every stock is 0
};

// Puts all SKUs of a shape on sale. All functions here throw std::runtime_error.
void put_on_sale(valkey::SyncClient& client, const Shape& shape);
// Appends `count` requests in JSON form to the stream `orders`. The server itself writes them, which is faster than any
// client. Order IDs continue from `first`.
void fill(valkey::SyncClient& client, const Shape& shape, uint64_t count, uint64_t first = 1);
// The sum of all stocks.
[[nodiscard]] uint64_t stock_left(valkey::SyncClient& client, const Shape& shape);

// The SKU with this number, as named by fill().
[[nodiscard]] std::string sku_name(uint64_t number);
// The initial stock of each SKU, unless sold out.
inline constexpr uint64_t kStock = 1'000'000'000;

}  // namespace orderd::bench
