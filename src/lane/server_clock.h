// An estimate of the server's clock, which IDs of entries come from. Each answer of lua/lease.lua sets it; in between,
// the loop's monotonic clock advances it, so changes of this machine's time of day do not matter. It is late by the
// network latency of that answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/stream_id.h"
#include "loop/loop.h"

namespace orderd::lane {

// Whether both IDs are of the same millisecond. May be wrong in one direction: false for IDs of unusual length.
inline bool same_time(std::string_view id, std::string_view other) {
  constexpr std::size_t kDigits = 13;  // until the year 2286
  return id.size() > kDigits && id[kDigits] == '-' && id.substr(0, kDigits + 1) == other.substr(0, kDigits + 1);
}

class ServerClock {
 public:
  explicit ServerClock(Loop& loop) : loop_(loop) {}

  void set(uint64_t server_ms) { ahead_ms_ = server_ms - loop_.now_ms(); }
  // The age of that time; 0 if it is in the future. nullopt while the clock is unknown, and for ages over a year:
  // producers may choose IDs, and 1-0 is not an order from 1970.
  [[nodiscard]] std::optional<uint64_t> age_ms(uint64_t then_ms) const {
    constexpr uint64_t kYearMs = uint64_t{366} * 24 * 3'600'000;
    if (!ahead_ms_) return std::nullopt;
    const uint64_t now_ms = loop_.now_ms() + *ahead_ms_;
    if (now_ms <= then_ms) return 0;
    if (now_ms - then_ms > kYearMs) return std::nullopt;
    return now_ms - then_ms;
  }

 private:
  Loop& loop_;
  std::optional<uint64_t> ahead_ms_;  // of the loop's clock; may wrap
};

}  // namespace orderd::lane
