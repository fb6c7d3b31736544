// Two recordings of results: was each order decided the same, and is the same stock left? 100 bytes for each order.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "shared/entry.h"

namespace orderd::replay {

// What two runs have to have in common of a result.
[[nodiscard]] std::string decision_text(const tools::Entry& result);

class Comparison {
 public:
  enum Run { kExpected, kFound };
  // Of an SKU, in each run: the last that its results say. Nothing: none of them does.
  using Stock = std::array<std::optional<uint64_t>, 2>;

  // The results of a run in their order.
  void add(Run run, const tools::Entry& result);

  // How this order's results differ, in words; empty: they do not. "": all requests without an ID.
  [[nodiscard]] std::string difference(std::string_view order) const;
  // How many orders and how many SKUs differ.
  [[nodiscard]] uint64_t different_orders() const;
  [[nodiscard]] std::map<std::string, Stock, std::less<>> different_stock() const;

 private:
  struct Results {
    uint64_t count = 0;
    uint64_t decisions = 0;  // a hash of their sequence
    bool operator==(const Results&) const = default;
  };
  using Pair = std::array<Results, 2>;
  struct Key {
    uint64_t low, high;
    bool operator==(const Key&) const = default;
  };
  struct HashOfKey {
    std::size_t operator()(const Key& key) const { return key.low; }
  };
  [[nodiscard]] static Key key_of(std::string_view order);

  std::unordered_map<Key, Pair, HashOfKey> orders_;
  std::map<std::string, Stock, std::less<>> stock_;
};

}  // namespace orderd::replay
