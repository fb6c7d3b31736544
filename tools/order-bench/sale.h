// What is on sale and ordered in a measurement.
#pragma once

#include <cstdint>
#include <string>

#include "valkey/sync_client.h"

namespace orderd::bench {

struct Sale {
  uint32_t lines = 1;     // of each order, all of different SKUs, quantity 1
  uint32_t skus = 1;      // number of SKUs; at least `lines`
  bool sold_out = false;  // every stock is 0
};

// The initial stock of each SKU, unless sold out.
inline constexpr uint64_t kStock = 1'000'000'000;
// The SKU with this number.
[[nodiscard]] std::string sku_name(uint64_t number);

// All functions here throw std::runtime_error.
void stock_up(valkey::SyncClient& client, const Sale& sale);
// Appends `count` requests in JSON form to the stream `orders`. The server itself writes them, which is faster than any
// client. Order IDs continue from `first`.
void fill(valkey::SyncClient& client, const Sale& sale, uint64_t count, uint64_t first = 1);
// The units that are gone from all stocks.
[[nodiscard]] uint64_t units_sold(valkey::SyncClient& client, const Sale& sale);

}  // namespace orderd::bench
