// The settings of one lane: names, limits and times. A lane is one orders stream with all its keys in one slot.
#pragma once

#include <cstdint>
#include <string>

#include "lane/shares.h"
#include "loop/loop.h"
#include "order/keys.h"
#include "order/lanes.h"
#include "order/request.h"

namespace orderd::lane {

struct Options {
  const order::Lanes* lanes = nullptr;  // all lanes; null: only one
  std::size_t lane = 0;                 // index of this one
  std::string lane_name = {};           // empty: none
  std::string orders;
  std::string results;
  std::string dead;
  std::string group;         // shows the position to monitoring; empty: none
  std::string name;          // of this daemon, as owner of the lane; unique among daemons
  Shares* shares = nullptr;  // null: lanes are not shared
  order::KeyTemplate stock_keys;
  order::KeyTemplate order_keys;
  order::KeyTemplate reply_keys;
  order::Limits limits;
  uint32_t max_in_flight = 1024;  // requests read and not settled yet
  uint32_t orders_per_call = 64;  // 1 to 128
  Milliseconds lease{3000};
  Milliseconds dedup_window{24 * 3'600'000};  // 0: keep no record of orders
  Milliseconds reply_ttl{60'000};             // how long a list of replies is kept after the last one
  Milliseconds retention_orders{0};           // 0: never trim
  Milliseconds retention_results{0};
  Milliseconds retention_dead{0};
  Milliseconds connect_timeout{5000};
  Milliseconds reply_timeout{10000};

  // See lua/join.lua and lua/lease.lua.
  [[nodiscard]] std::string position_key() const { return orders + ":position"; }
  [[nodiscard]] std::string owner_key() const { return orders + ":owner"; }
  [[nodiscard]] std::string standby_key() const { return orders + ":standby"; }
};

}  // namespace orderd::lane
