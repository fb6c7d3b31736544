// Durations as text: a whole number and a unit, ms, s, m or h.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace orderd::settings {

// "90s"; too large a number becomes milliseconds::max(). Nothing: it is no duration.
[[nodiscard]] std::optional<std::chrono::milliseconds> duration_of(std::string_view text);
// In the largest unit that divides it: "90s", "2m", "0s".
[[nodiscard]] std::string duration_text(std::chrono::milliseconds value);

// Decimal digits without a sign or a leading zero.
[[nodiscard]] bool is_whole(std::string_view text);
// The number; one that does not fit becomes the largest. is_whole(digits).
[[nodiscard]] uint64_t to_whole(std::string_view digits);

}  // namespace orderd::settings
