// Ids of a stream's entries, and hashes of names.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace orderd::audit {

struct Id {
  uint64_t ms = 0;
  uint64_t sequence = 0;
  auto operator<=>(const Id&) const = default;  // NOLINT(modernize-use-nullptr): not in what is written here
  [[nodiscard]] std::string text() const { return std::to_string(ms) + "-" + std::to_string(sequence); }
};
inline constexpr Id kLastId{std::numeric_limits<uint64_t>::max(), std::numeric_limits<uint64_t>::max()};

// "1732386423123-0", as the server writes it: both halves.
[[nodiscard]] std::optional<Id> id_of(std::string_view text);

// 128 bits, so that among any number of names no two are taken for one.
struct Name {
  uint64_t high = 0;
  uint64_t low = 0;
  auto operator<=>(const Name&) const = default;  // NOLINT(modernize-use-nullptr): not in what is written here
};
[[nodiscard]] Name name_of(std::string_view text);
[[nodiscard]] uint64_t hash_of(std::string_view text, uint64_t seed = 0);

}  // namespace orderd::audit
