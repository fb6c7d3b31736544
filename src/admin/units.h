// Numbers in human-readable form.
#pragma once

#include <cstdint>
#include <string>

namespace orderd::admin {

// 1,234,567
[[nodiscard]] std::string count_text(uint64_t count);
// A rate per second: 1,234 or 0.4
[[nodiscard]] std::string rate_text(double per_second);
// 12 ms, 3.4 s, 5 min 6 s, 7 h 8 min, 9 d 10 h
[[nodiscard]] std::string span_text(uint64_t ms);
// 2026-11-26 01:37:24 UTC
[[nodiscard]] std::string time_text(uint64_t ms_since_1970);

}  // namespace orderd::admin
