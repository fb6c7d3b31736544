// A limit on how deeply a TOML text nests, checked before it is parsed.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace orderd::settings {

// toml++ builds a table for each part of a dotted key, and destroys nested tables and arrays recursively: 40,000 parts
// overflow the stack. The settings need 2 parts and 1 level.
inline constexpr std::size_t kMaxKeyParts = 16;
inline constexpr std::size_t kMaxNesting = 16;

struct TooDeep {
  std::size_t line;  // from 1
  std::size_t column;
  std::string what;  // "the key has more than 16 parts"
};

// The first key of `toml` with too many parts, or the first bracket nested too deeply. An accepted text is not
// necessarily TOML, but safe to parse.
[[nodiscard]] std::optional<TooDeep> find_too_deep(std::string_view toml);

}  // namespace orderd::settings
