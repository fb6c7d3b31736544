// The smallest rules, each implemented a second time: entry IDs, numbers, names (docs/contract.md, "A purchase
// request"), lanes (docs/scaling.md). No code is shared with the daemon.
#pragma once

#include <compare>
#include <cstdint>
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
inline constexpr Id kLastId{UINT64_MAX, UINT64_MAX};
// The smallest ID after `id`.
[[nodiscard]] constexpr Id after(Id id) {
  return id.sequence == kLastId.sequence ? Id{id.ms + 1, 0} : Id{id.ms, id.sequence + 1};
}
// "1732386423123-0": both halves, in the server's format.
[[nodiscard]] std::optional<Id> id_of(std::string_view text);

// Decimal digits without sign or leading zero, at most 2^64-1.
[[nodiscard]] std::optional<uint64_t> whole_of(std::string_view text);
// What Lua's numbers hold exactly: the most that stock and the quantities of an order may be.
inline constexpr uint64_t kMaxWhole = 9'007'199'254'740'991;

[[nodiscard]] bool is_utf8(std::string_view text);
// An ID or a customer: 1 to 128 bytes of UTF-8, no control characters.
[[nodiscard]] bool is_name(std::string_view text);
// The same, without white space and braces.
[[nodiscard]] bool is_sku(std::string_view text);

[[nodiscard]] uint64_t hash_of(std::string_view text, uint64_t seed = 0);

// The lane of an SKU, 0 to lanes - 1; `lanes` is at least 1.
[[nodiscard]] uint32_t lane_of(std::string_view sku, uint32_t lanes);
// The audited lane, and the number of lanes.
struct LaneNumber {
  uint32_t index = 0;
  uint32_t of = 1;
  [[nodiscard]] bool owns(std::string_view sku) const { return of == 1 || lane_of(sku, of) == index; }
};

}  // namespace orderd::audit
