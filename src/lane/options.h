// What a lane needs to know: names, limits and times. One lane serves one orders stream with all its keys in one slot.
#pragma once

#include <cstdint>
#include <string>

#include "loop/loop.h"
#include "order/keys.h"
#include "order/request.h"

namespace orderd::lane {

struct Options {
  std::string orders;
  std::string results;
  std::string dead;
  std::string group;
  std::string consumer;
  order::KeyTemplate stock_keys;
  order::KeyTemplate order_keys;
  order::Limits limits;
  uint32_t max_in_flight = 1024;
  Milliseconds claim_idle{30'000};
  Milliseconds dedup_window{24 * 3'600'000};  // 0: keep no record of orders
  bool create_group = true;                   // false: a missing group ends the lane
  Milliseconds retention_orders{0};           // 0: never trim
  Milliseconds retention_results{0};
  Milliseconds connect_timeout{5000};
  Milliseconds reply_timeout{10000};

  // A hash: up to where everything is settled. See lua/position.lua.
  [[nodiscard]] std::string position_key() const { return orders + ":" + group + ":position"; }
};

}  // namespace orderd::lane
