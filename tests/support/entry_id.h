// A stream entry ID as two numbers: IDs compare as numbers, not as text.
#pragma once

#include <charconv>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace orderd::test {

struct EntryId {
  uint64_t ms = 0;
  uint64_t sequence = 0;
  auto operator<=>(const EntryId&) const = default;

  // 0-0 if `text` is not an ID.
  [[nodiscard]] static EntryId parse(std::string_view text) {
    EntryId id;
    const char* end = text.data() + text.size();
    const auto [dash, bad_ms] = std::from_chars(text.data(), end, id.ms);
    if (bad_ms != std::errc{} || dash == end || *dash != '-') return {};
    const auto [stop, bad_sequence] = std::from_chars(dash + 1, end, id.sequence);
    if (bad_sequence != std::errc{} || stop != end) return {};
    return id;
  }
  [[nodiscard]] std::string text() const { return std::to_string(ms) + "-" + std::to_string(sequence); }
};

}  // namespace orderd::test
