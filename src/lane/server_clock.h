// The server's clock, as this process knows it. IDs of entries carry that clock's time, so ages are measured with it.
// Each answer of lua/lease.lua sets it, and between those the loop's monotonic clock moves it: a change of this
// machine's time of day does not matter. It is late by the way of that answer, a fraction of a millisecond.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

#include "loop/loop.h"

namespace orderd::lane {

// Of an entry's ID; 0 where it has none.
inline uint64_t time_of(std::string_view id) {
  uint64_t ms = 0;
  std::from_chars(id.data(), id.data() + id.size(), ms);
  return ms;
}

// Were both made in the same millisecond? May say no where they were: it compares IDs of usual length only.
inline bool same_time(std::string_view id, std::string_view other) {
  constexpr std::size_t kDigits = 13;  // until the year 2286
  return id.size() > kDigits && id[kDigits] == '-' && id.substr(0, kDigits + 1) == other.substr(0, kDigits + 1);
}

class ServerClock {
 public:
  explicit ServerClock(Loop& loop) : loop_(loop) {}

  void set(uint64_t server_ms) { ahead_ms_ = server_ms - loop_.now_ms(); }
  // How long ago that was; 0 where it is in the future. Nothing while the clock is not known, and for what is no time:
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
