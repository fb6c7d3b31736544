// Lanes: independent orders streams with their own results and stock. An SKU belongs to one of them, by a rule that
// every producer can follow: docs/scaling.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "order/request.h"

namespace orderd::order {

// In the names of streams and keys this is replaced by the lane's name.
inline constexpr std::string_view kLanePlaceholder = "<lane>";
inline constexpr std::size_t kLanesMax = 1024;
inline constexpr std::size_t kLaneNameBytes = 64;

// `text` with each `<lane>` in it replaced.
[[nodiscard]] std::string with_lane(std::string_view text, std::string_view lane);

class Lanes {
 public:
  // One lane without a name.
  Lanes() = default;
  // Names separated by commas, at most kLanesMax, all different; each 1 to kLaneNameBytes of letters, digits, '.', '_'
  // and '-'. Empty: same as Lanes(). The error says what is wrong and what is allowed.
  [[nodiscard]] static Result<Lanes> parse(std::string_view text);

  // How many; at least one.
  [[nodiscard]] std::size_t count() const { return names_.size(); }
  [[nodiscard]] bool named() const { return !names_.front().empty(); }
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  // The index of the lane that an SKU belongs to: jump consistent hash of FNV-1a, both 64 bits. Depends only on the
  // number of lanes.
  [[nodiscard]] std::size_t of(std::string_view sku) const;
  // Why an order does not belong to the lane `index`, as a sentence; empty if it does.
  [[nodiscard]] std::string why_not(const Request& order, std::size_t index) const;

 private:
  std::vector<std::string> names_{""};
};

// Fowler, Noll, Vo: FNV-1a, 64 bits (draft-eastlake-fnv).
[[nodiscard]] uint64_t fnv1a(std::string_view text);
// Lamping, Veach: "A Fast, Minimal Memory, Consistent Hash Algorithm". 0 to buckets - 1; `buckets` is at least 1.
[[nodiscard]] uint32_t jump_hash(uint64_t key, uint32_t buckets);

}  // namespace orderd::order
