// Base64 of RFC 4648, with padding: three bytes are four characters of six bits.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace orderd::replay {

inline constexpr std::string_view kBase64Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

inline void append_base64(std::string& out, std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::string_view group = bytes.substr(at, 3);
    uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i) bits = bits << 8 | (i < group.size() ? static_cast<uint8_t>(group[i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i) {
      out.push_back(i <= group.size() ? kBase64Alphabet[bits >> (18 - 6 * i) & 63U] : '=');
    }
  }
}

// False: `text` is not what append_base64() writes; `out` is of no use then.
[[nodiscard]] inline bool read_base64(std::string_view text, std::string& out) {
  out.clear();
  const std::size_t size = text.size() - (text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0);
  uint32_t bits = 0;
  for (std::size_t at = 0; at < size; ++at) {
    const std::size_t digit = kBase64Alphabet.find(text[at]);
    if (digit == std::string_view::npos) return false;
    bits = bits << 6 | static_cast<uint32_t>(digit);
    if (at % 4 > 0) out.push_back(static_cast<char>(bits >> (6 - 2 * (at % 4)) & 255U));
  }
  // The padding is right, and bits that stand for nothing are zero.
  std::string again;
  append_base64(again, out);
  return again == text;
}

}  // namespace orderd::replay
