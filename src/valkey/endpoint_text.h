// Private to endpoint.cpp and endpoint_text.cpp: the two directions of a URL.
#pragma once

#include <algorithm>
#include <string_view>

namespace orderd::valkey {

inline constexpr std::string_view kEmbeddedScheme = "embedded:";
inline constexpr std::string_view kUnixScheme = "unix://";

inline bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
inline bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
inline bool all_digits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), is_digit);
}

}  // namespace orderd::valkey
