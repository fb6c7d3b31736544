// Decodes and checks one code point after another.
#include "audit/name_check.h"

#include <cstdint>

namespace orderd::audit {
namespace {

constexpr std::size_t kMaxBytes = 128;
constexpr uint32_t kNone = UINT32_MAX;

// Removes the first code point of `text`; kNone: invalid UTF-8.
uint32_t take(std::string_view& text) {
  constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const auto byte = [&](std::size_t i) { return static_cast<uint32_t>(static_cast<unsigned char>(text[i])); };
  const uint32_t first = byte(0);
  const std::size_t size = first < 0x80 ? 1 : first >> 5U == 6 ? 2 : first >> 4U == 14 ? 3 : first >> 3U == 30 ? 4 : 0;
  if (size == 0 || text.size() < size) return kNone;
  uint32_t code = size == 1 ? first : first & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return kNone;
    code = code << 6U | (byte(i) & 0x3FU);
  }
  text.remove_prefix(size);
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return code < kLeast[size] || code > 0x10FFFF || surrogate ? kNone : code;
}

bool is_control(uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code <= 0x9F);
}

// Unicode's White_Space without the control characters.
bool is_space(uint32_t code) {
  return code == 0x20 || code == 0xA0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200A) || code == 0x2028 ||
         code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000;
}

bool is_good(std::string_view text, bool sku) {
  if (text.empty() || text.size() > kMaxBytes) return false;
  while (!text.empty()) {
    const uint32_t code = take(text);
    if (code == kNone || is_control(code)) return false;
    if (sku && (is_space(code) || code == '{' || code == '}')) return false;
  }
  return true;
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    if (take(text) == kNone) return false;
  }
  return true;
}

bool is_name(std::string_view text) {
  return is_good(text, false);
}

bool is_sku(std::string_view text) {
  return is_good(text, true);
}

}  // namespace orderd::audit
