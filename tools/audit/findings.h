// What the audit checked, what it found, and what it could not check.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "audit/rules.h"

namespace orderd::audit {

// Each is named after its violation.
enum class Check : uint8_t {
  kBadResult,          // an entry of the results stream has a wrong form
  kRequestOrder,       // a result does not answer a later request than the result before it
  kMissingResult,      // a request below the position without a result
  kSecondResult,       // a request with more than one
  kInventedRequest,    // a result for a request that never existed
  kPositionDiffers,    // the position is not what the results say
  kContentDiffers,     // what was decided is not what was asked for
  kMalformedDiffers,   // malformed, but the request is well-formed; or the reverse
  kLaneDiffers,        // wrong_lane, but the order belongs here or was decided here; or the reverse
  kDeadLetterMissing,  // a malformed result without its dead letter, neither requeued nor discarded
  kDeadLetterForged,   // a dead letter, or an entry about one, without its malformed result, or a second one
  kChainBroken,        // `remaining`, `available` or `before` does not follow from the entries before it
  kNegativeStock,
  kBadQuantity,           // a line's quantity is below 1
  kStockEntryWrong,       // before and quantity do not add up to remaining
  kStockKeyDiffers,       // the stock key differs from the end of the ledger
  kRefusalUnjustified,    // the order could be met
  kReasonDiffers,         // the first line that cannot be met gives another reason
  kDecidedTwice,          // a second decision of an order ID within the window
  kReuseUnjustified,      // id_reused, but the ID was not decided before, or with the same content
  kDuplicateUnjustified,  // duplicate, but its original is not the decision of this ID, or has other content
  kRecordDiffers,         // the record of an order refers to another decision
};
inline constexpr std::size_t kChecks = 22;

struct CheckText {
  const char* name;     // chain_broken
  const char* meaning;  // printed if there was no violation
};
[[nodiscard]] const CheckText& text_of(Check check);

struct Finding {
  Check check = Check::kBadResult;
  std::string result;  // IDs and names as stored in the server; empty if none
  std::string request;
  std::string order;
  std::string sku;
  std::string detail;
};

// Where a violation was found; 0-0 and empty: does not apply.
struct Place {
  Id result;
  Id request = {};
  std::string_view order = {};
  std::string_view sku = {};
};

struct Counts {
  uint64_t results = 0;  // all entries read from the results stream
  uint64_t accepted = 0;
  uint64_t rejected = 0;
  uint64_t duplicates = 0;
  uint64_t stock_changes = 0;
  uint64_t letter_changes = 0;  // dead letters requeued or discarded
  uint64_t lines = 0;
  uint64_t requests = 0;  // settled requests read
  uint64_t waiting = 0;   // requests after the position
  uint64_t dead_letters = 0;
  uint64_t skus = 0;
  uint64_t records = 0;  // compared
  uint64_t passes = 0;   // how often the results were read
};

class Findings {
 public:
  // Keeps `kept_max` violations per check and counts all.
  explicit Findings(uint64_t kept_max) : kept_max_(kept_max) {}

  void looked(Check check) { ++checked_[index(check)]; }
  void add(Check check, const Place& place, std::string_view detail);
  void not_checked(std::string_view what, std::string_view why, uint64_t count = 1);

  [[nodiscard]] uint64_t checked(Check check) const { return checked_[index(check)]; }
  [[nodiscard]] uint64_t violations(Check check) const { return violations_[index(check)]; }
  [[nodiscard]] uint64_t violations() const;
  // The newest result with a violation of this check; 0-0: none.
  [[nodiscard]] Id newest(Check check) const { return newest_[index(check)]; }
  [[nodiscard]] const std::vector<Finding>& kept() const { return kept_; }
  // What was not checked, why, and how many.
  using NotChecked = std::map<std::pair<std::string, std::string>, uint64_t>;
  [[nodiscard]] const NotChecked& not_checked() const { return not_checked_; }

 private:
  static std::size_t index(Check check) { return static_cast<std::size_t>(check); }
  const uint64_t kept_max_;
  std::array<uint64_t, kChecks> checked_{};
  std::array<uint64_t, kChecks> violations_{};
  std::array<Id, kChecks> newest_{};
  std::vector<Finding> kept_;
  NotChecked not_checked_;
};

}  // namespace orderd::audit
