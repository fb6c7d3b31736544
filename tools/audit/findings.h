// What the audit looks at, what it found, and what it could not look at.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "audit/id.h"

namespace orderd::audit {

// Each is named after its violation.
enum class Check : uint8_t {
  kBadResult,          // an entry of the results stream that is none
  kMissingResult,      // a settled request without a result
  kSecondResult,       // a request with more than one
  kPendingResult,      // a request that has its result, and is pending all the same
  kEarlyResult,        // a result for a request that was not delivered yet
  kInventedRequest,    // a result for a request that never was
  kContentDiffers,     // what was decided is not what was asked for
  kMalformedDiffers,   // malformed, and the request is good; or the other way round
  kLostDiffers,        // request_lost, and the request is there
  kDeadLetterMissing,  // a malformed result without its dead letter
  kDeadLetterForged,   // a dead letter without its malformed result, or a second one, or of another detail
  kChainBroken,        // `remaining`, `available` or `before` is not what the entries before it leave
  kNegativeStock,
  kBadQuantity,           // a line's quantity is below 1
  kStockEntryWrong,       // before and quantity do not make remaining
  kStockKeyDiffers,       // the stock key holds something else than the ledger ends with
  kRefusalUnjustified,    // the order could be met
  kReasonDiffers,         // the first line that cannot be met gives another reason
  kDecidedTwice,          // a second decision of an order id within the window
  kReuseUnjustified,      // id_reused, and the id was not decided before, or with the same content
  kDuplicateUnjustified,  // duplicate, and its original is not the decision of this id, or of other content
  kRecordDiffers,         // the record of an order points to another decision
};
inline constexpr std::size_t kChecks = 22;

struct CheckText {
  const char* name;     // chain_broken
  const char* meaning;  // for people: what holds where nothing was found
};
[[nodiscard]] const CheckText& text_of(Check check);

struct Finding {
  Check check = Check::kBadResult;
  std::string result;  // ids and names, empty where there is none; names as they are in the server
  std::string request;
  std::string order;
  std::string sku;
  std::string detail;
};

struct NotChecked {
  std::string what;
  std::string why;
  uint64_t count = 0;
};

class Findings {
 public:
  // Of each check so many violations are kept; all are counted.
  explicit Findings(uint64_t kept_max) : kept_max_(kept_max) {}

  void looked(Check check, uint64_t times = 1) { checked_[index(check)] += times; }
  void add(Finding finding);
  void not_checked(std::string_view what, std::string_view why, uint64_t count = 1);

  [[nodiscard]] uint64_t checked(Check check) const { return checked_[index(check)]; }
  [[nodiscard]] uint64_t violations(Check check) const { return violations_[index(check)]; }
  [[nodiscard]] uint64_t violations() const;
  [[nodiscard]] const std::vector<Finding>& kept() const { return kept_; }
  [[nodiscard]] std::vector<Finding>& kept() { return kept_; }
  [[nodiscard]] std::vector<NotChecked> not_checked() const;

 private:
  static std::size_t index(Check check) { return static_cast<std::size_t>(check); }
  const uint64_t kept_max_;
  std::array<uint64_t, kChecks> checked_{};
  std::array<uint64_t, kChecks> violations_{};
  std::vector<Finding> kept_;
  std::map<std::pair<std::string, std::string>, uint64_t, std::less<>> not_checked_;
};

}  // namespace orderd::audit
