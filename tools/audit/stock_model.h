// A second implementation of the stock rules, applied to one ledger entry after another: the stock of each SKU, and
// whether each entry follows from those before it. Memory grows with the number of SKUs, not of results.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "audit/findings.h"
#include "audit/result_entry.h"

namespace orderd::audit {

class StockModel {
 public:
  explicit StockModel(Findings& findings) : findings_(findings) {}

  // The next well-formed entry of the results stream.
  void apply(Id id, const ResultEntry& entry);

  // What a key should hold now.
  struct Stock {
    enum class Kind : uint8_t {
      kNumber,
      kAbsent,   // no key
      kBad,      // not a whole number
      kNothing,  // either of these two
    };
    Kind kind = Kind::kNothing;
    int64_t value = 0;
    [[nodiscard]] std::string text() const;
  };
  struct Hash {
    using is_transparent = void;  // NOLINT(readability-identifier-naming): the library looks for this name
    std::size_t operator()(std::string_view text) const { return hash_of(text); }
  };
  using Skus = std::unordered_map<std::string, Stock, Hash, std::equal_to<>>;
  [[nodiscard]] const Skus& skus() const { return skus_; }
  // SKUs whose first entry was not checked, because it shows only the stock at the start.
  [[nodiscard]] uint64_t anchored() const { return anchored_; }

 private:
  Stock& follow(const Place& place, const char* says, const Amount& seen);
  void refuse(Place place, const ResultEntry& entry);
  void change(const Place& place, const ResultEntry& entry);

  Findings& findings_;
  Skus skus_;
  uint64_t anchored_ = 0;
};

}  // namespace orderd::audit
