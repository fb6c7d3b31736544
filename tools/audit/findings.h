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

// A check is named after its violation.
struct CheckText {
  const char* name;
  const char* meaning;  // printed if there was no violation
};
// In the order of the report.
inline constexpr CheckText kChecks[] = {
    {"bad_result", "each entry of the results stream has the right form"},
    {"request_order", "results are in the order of their requests"},
    {"missing_result", "each request up to the position has its result"},
    {"second_result", "no request has two"},
    {"invented_request", "each result has its request"},
    {"position_differs", "the position agrees with the results"},
    {"content_differs", "what was decided is what was asked for"},
    {"malformed_differs", "exactly the malformed requests are called that"},
    {"lane_differs", "exactly the undecided orders of other lanes are called wrong_lane"},
    {"dead_letter_missing", "each malformed request is a dead letter, or was requeued or discarded"},
    {"dead_letter_forged", "each dead letter, requeued or discarded one is a malformed request, once"},
    {"chain_broken", "each line follows from the one before it"},
    {"negative_stock", "no stock went below zero"},
    {"bad_quantity", "each quantity is 1 or more"},
    {"stock_entry_wrong", "each stock change adds up"},
    {"stock_key_differs", "the stock keys hold what the ledger ends with"},
    {"refusal_unjustified", "no order was refused that could be met"},
    {"reason_differs", "the first line not met gives the reason"},
    {"decided_twice", "no order ID was decided twice"},
    {"reuse_unjustified", "each id_reused was decided before, with other content"},
    {"duplicate_unjustified", "each duplicate refers to its decision"},
    {"record_differs", "each record compared refers to its decision"},
};

// One of them. Any other name does not compile.
struct Check {
  consteval Check(const char* name) {  // NOLINT(google-explicit-constructor)
    while (std::string_view(kChecks[index].name) != name) ++index;
  }
  std::size_t index = 0;
};

struct Finding {
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

// What one check found.
struct Tally {
  const CheckText* text = nullptr;
  uint64_t checked = 0;
  uint64_t violations = 0;
  Id newest;                  // the newest result with a violation; 0-0: none
  std::vector<Finding> kept;  // the first violations
};

class Findings {
 public:
  // Keeps `kept_max` violations per check and counts all.
  explicit Findings(uint64_t kept_max) : kept_max_(kept_max) {
    for (std::size_t i = 0; i < tallies_.size(); ++i) tallies_[i].text = &kChecks[i];
  }

  void looked(Check check) { ++tallies_[check.index].checked; }
  void add(Check check, const Place& place, std::string_view detail);
  void not_checked(std::string_view what, std::string_view why, uint64_t count = 1);

  // In the order of kChecks.
  [[nodiscard]] const auto& tallies() const { return tallies_; }
  [[nodiscard]] const Tally& of(Check check) const { return tallies_[check.index]; }
  [[nodiscard]] uint64_t violations() const;
  // What was not checked, why, and how many.
  using NotChecked = std::map<std::pair<std::string, std::string>, uint64_t>;
  [[nodiscard]] const NotChecked& not_checked() const { return not_checked_; }

 private:
  uint64_t kept_max_;
  std::array<Tally, std::size(kChecks)> tallies_;
  NotChecked not_checked_;
};

}  // namespace orderd::audit
