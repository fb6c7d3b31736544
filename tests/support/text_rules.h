// The rules of docs/contract.md for names: a second, simple and slow implementation, to compare with the decoder's
// answers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace orderd::test {

// The code points of `text`; nullopt if it is not valid UTF-8 (overlong forms, surrogates, beyond U+10FFFF).
inline std::optional<std::vector<char32_t>> code_points(std::string_view text) {
  std::vector<char32_t> found;
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<uint8_t>(text[at++]);
    const std::size_t more = lead < 0x80             ? 0
                             : (lead & 0xE0) == 0xC0 ? 1
                             : (lead & 0xF0) == 0xE0 ? 2
                             : (lead & 0xF8) == 0xF0 ? 3
                                                     : 4;
    if (more == 4) return std::nullopt;
    constexpr uint8_t kPayload[] = {0x7F, 0x1F, 0x0F, 0x07};
    char32_t point = lead & kPayload[more];
    for (std::size_t i = 0; i < more; ++i, ++at) {
      if (at == text.size() || (static_cast<uint8_t>(text[at]) & 0xC0) != 0x80) return std::nullopt;
      point = point << 6 | (static_cast<uint8_t>(text[at]) & 0x3F);
    }
    constexpr char32_t kLeast[] = {0, 0x80, 0x800, 0x10000};
    if (point < kLeast[more] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return std::nullopt;
    found.push_back(point);
  }
  return found;
}

inline bool is_control(char32_t point) {
  return point < 0x20 || (point >= 0x7F && point <= 0x9F);
}

// Unicode's White_Space.
inline bool is_space(char32_t point) {
  return (point >= 9 && point <= 13) || point == 0x20 || point == 0x85 || point == 0xA0 || point == 0x1680 ||
         (point >= 0x2000 && point <= 0x200A) || point == 0x2028 || point == 0x2029 || point == 0x202F ||
         point == 0x205F || point == 0x3000;
}

// One line of printable text.
inline bool is_plain(std::string_view text) {
  const auto points = code_points(text);
  return points && std::none_of(points->begin(), points->end(), is_control);
}

inline bool is_good_id(std::string_view text) {
  return !text.empty() && text.size() <= 128 && is_plain(text);
}

inline bool is_good_sku(std::string_view text) {
  return is_good_id(text) && text.find_first_of("{}") == std::string_view::npos &&
         std::ranges::none_of(*code_points(text), is_space);
}

}  // namespace orderd::test
