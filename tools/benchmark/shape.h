// The orders that a measurement works on, and how they come into the server.
#pragma once

#include <cstdint>
#include <string>

#include "valkey/sync_client.h"

namespace orderd::bench {

struct Shape {
  uint32_t lines = 1;     // of each order, all of different SKUs, one piece each
  uint32_t skus = 1;      // SKUs that the lines go round; at least `lines`
  bool sold_out = false;  // every stock is 0
};

// Puts all SKUs of a shape on sale. Throws std::runtime_error, as everything in here.
void put_on_sale(valkey::SyncClient& client, const Shape& shape);
// Appends `count` requests in the JSON form to the stream `orders`, written by the server itself: quicker than any
// client. The ids of the orders go on from `first`.
void fill(valkey::SyncClient& client, const Shape& shape, uint64_t count, uint64_t first = 1);
// What is left of all stocks together.
[[nodiscard]] uint64_t stock_left(valkey::SyncClient& client, const Shape& shape);

// The SKU with this number, as fill() names it.
[[nodiscard]] std::string sku_name(uint64_t number);
// What each SKU of a shape that is not sold out begins with.
inline constexpr uint64_t kStock = 1'000'000'000;

}  // namespace orderd::bench
