#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string_view>

namespace orderd {

// The decimal number that the whole text is; nullopt if it is something else, or does not fit. Leading zeros are
// accepted; a sign is only with a signed type, and only '-'.
template <std::integral Number>
[[nodiscard]] std::optional<Number> parse_number(std::string_view text) {
  Number number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && stop == end ? std::optional(number) : std::nullopt;
}

}  // namespace orderd
