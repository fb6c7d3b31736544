// Names are decoded and checked one code point after another. Hashes are those of xxHash.
#include "audit/rules.h"

#include <charconv>
#include <cmath>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace orderd::audit {
namespace {

constexpr std::size_t kMaxNameBytes = 128;
constexpr uint32_t kNoCode = UINT32_MAX;

// Removes the first code point of `text`; kNoCode: invalid UTF-8.
uint32_t take_code(std::string_view& text) {
  constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const auto byte = [&](std::size_t i) { return static_cast<uint32_t>(static_cast<unsigned char>(text[i])); };
  const uint32_t first = byte(0);
  const std::size_t size = first < 0x80 ? 1 : first >> 5U == 6 ? 2 : first >> 4U == 14 ? 3 : first >> 3U == 30 ? 4 : 0;
  if (size == 0 || text.size() < size) return kNoCode;
  uint32_t code = size == 1 ? first : first & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return kNoCode;
    code = code << 6U | (byte(i) & 0x3FU);
  }
  text.remove_prefix(size);
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return code < kLeast[size] || code > 0x10FFFF || surrogate ? kNoCode : code;
}

bool is_control(uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code <= 0x9F);
}

// Unicode's White_Space without the control characters.
bool is_space(uint32_t code) {
  return code == 0x20 || code == 0xA0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200A) || code == 0x2028 ||
         code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000;
}

// Whether `text` has the length of a name, and `allowed` is true for each of its code points.
template <class Allowed>
bool consists_of(std::string_view text, const Allowed& allowed) {
  if (text.empty() || text.size() > kMaxNameBytes) return false;
  while (!text.empty()) {
    const uint32_t code = take_code(text);
    if (code == kNoCode || is_control(code) || !allowed(code)) return false;
  }
  return true;
}

}  // namespace

std::optional<uint64_t> whole_of(std::string_view text) {
  uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  const bool zero_first = text.size() > 1 && text[0] == '0';
  return error == std::errc() && stop == end && !zero_first ? std::optional(number) : std::nullopt;
}

std::optional<Id> id_of(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto ms = whole_of(text.substr(0, dash));
  const auto sequence = whole_of(text.substr(dash + 1));
  return ms && sequence ? std::optional(Id{*ms, *sequence}) : std::nullopt;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    if (take_code(text) == kNoCode) return false;
  }
  return true;
}

bool is_name(std::string_view text) {
  return consists_of(text, [](uint32_t) { return true; });
}

bool is_sku(std::string_view text) {
  return consists_of(text, [](uint32_t code) { return !is_space(code) && code != '{' && code != '}'; });
}

uint64_t hash_of(std::string_view text, uint64_t seed) {
  return XXH3_64bits_withSeed(text.data(), text.size(), seed);
}

// FNV-1a of the SKU seeds a linear congruential generator. Starting with one lane, each number gives the lane count at
// which the SKU would move; the last lane that exists is its lane. Uses doubles like the published algorithm: rounding
// matters.
uint32_t lane_of(std::string_view sku, uint32_t lanes) {
  uint64_t state = 14695981039346656037U;
  for (const char c : sku) {
    state ^= static_cast<uint8_t>(c);
    state *= 1099511628211U;
  }
  double lane = 0;
  for (double next = 0; next < lanes;) {
    lane = next;
    state = state * 2862933555777941757U + 1;
    next = std::floor((lane + 1) * (2147483648.0 / static_cast<double>((state >> 33U) + 1)));
  }
  return static_cast<uint32_t>(lane);
}

}  // namespace orderd::audit
