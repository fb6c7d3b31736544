// Parsing is strict; xxHash does the hashing.
#include "audit/id.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace orderd::audit {
namespace {

// Removes the digits at the front of `text`.
std::optional<uint64_t> digits(std::string_view& text) {
  uint64_t number = 0;
  std::size_t at = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at) {
    const auto digit = static_cast<uint64_t>(text[at] - '0');
    if (number > (std::numeric_limits<uint64_t>::max() - digit) / 10) return std::nullopt;
    number = number * 10 + digit;
  }
  if (at == 0 || (at > 1 && text[0] == '0')) return std::nullopt;
  text.remove_prefix(at);
  return number;
}

}  // namespace

std::optional<Id> id_of(std::string_view text) {
  const auto ms = digits(text);
  if (!ms || !text.starts_with('-')) return std::nullopt;
  text.remove_prefix(1);
  const auto sequence = digits(text);
  if (!sequence || !text.empty()) return std::nullopt;
  return Id{*ms, *sequence};
}

Name name_of(std::string_view text) {
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return {hash.high64, hash.low64};
}

uint64_t hash_of(std::string_view text, uint64_t seed) {
  return XXH3_64bits_withSeed(text.data(), text.size(), seed);
}

}  // namespace orderd::audit
