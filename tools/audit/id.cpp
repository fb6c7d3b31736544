// Strict parsing; hashing by xxHash.
#include "audit/id.h"

#include <charconv>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace orderd::audit {

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

Name name_of(std::string_view text) {
  const XXH128_hash_t hash = XXH3_128bits(text.data(), text.size());
  return {hash.high64, hash.low64};
}

uint64_t hash_of(std::string_view text, uint64_t seed) {
  return XXH3_64bits_withSeed(text.data(), text.size(), seed);
}

}  // namespace orderd::audit
