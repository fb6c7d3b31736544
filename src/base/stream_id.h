// The ID of a stream's entry. The server returns it as text; as numbers it can be compared.
#pragma once

#include <charconv>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/number.h"

namespace orderd {

struct StreamId {
  uint64_t ms = 0;  // since 1970, if the server assigned it
  uint64_t sequence = 0;
  auto operator<=>(const StreamId&) const = default;  // NOLINT(modernize-use-nullptr): not in what is written here

  // nullopt: not "1732386423123-0", two decimal numbers of 64 bits.
  [[nodiscard]] static std::optional<StreamId> parse(std::string_view text) {
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const auto ms = parse_number<uint64_t>(text.substr(0, dash));
    const auto sequence = parse_number<uint64_t>(text.substr(dash + 1));
    return ms && sequence ? std::optional(StreamId{*ms, *sequence}) : std::nullopt;
  }
  [[nodiscard]] std::string text() const { return std::to_string(ms) + "-" + std::to_string(sequence); }
};

// The time in an ID; 0: it has none.
[[nodiscard]] inline uint64_t time_of(std::string_view id) {
  uint64_t ms = 0;
  std::from_chars(id.data(), id.data() + id.size(), ms);
  return ms;
}

}  // namespace orderd
