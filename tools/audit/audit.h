// The whole audit: reads the streams and checks them. What is audited, how far it reads, what it cannot see, and what
// it found. docs/testing.md explains the method.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/result_entry.h"

namespace orderd::audit {

struct Options {
  // The keys of the streams and of the position.
  std::string orders;
  std::string results;
  std::string dead;
  std::string position;
  std::function<std::string(std::string_view)> stock_key;  // of an SKU
  std::function<std::string(std::string_view)> order_key;  // of an order ID
  RequestLimits limits;
  LaneNumber lane;
  std::chrono::milliseconds window{};  // processing.dedup_window
  std::size_t memory_bytes = std::size_t{512} * 1024 * 1024;
  uint64_t findings_max = 20;  // kept per check
  std::optional<Id> from;      // skip results before this one
  std::optional<Id> to;        // skip results after this one
  // Called now and then: results read in this pass, and how many there were; may exceed this while daemons run.
  std::function<void(uint64_t done, uint64_t total)> progress;
};

struct StreamFacts {
  uint64_t length = 0;
  uint64_t added = 0;  // entries ever added
  Id first;            // of an empty stream: after its last ID
  Id last;             // largest ID ever given
  Id deleted;          // largest ID ever deleted with XDEL
  bool cut = false;    // the beginning was trimmed
  [[nodiscard]] bool whole() const { return added == length && !cut; }
};

// The hash that settle.lua moves along with the results.
struct Position {
  bool exists = false;
  std::string problem;      // if the key is not a position; the rest is not filled
  Id id;                    // last settled request
  uint64_t count = 0;       // requests settled in this orders stream after `start`
  Id result;                // of the last settled request; 0-0: not known
  bool from_start = false;  // `count` has counted since the stream's first entry
  uint64_t deleted = 0;     // entries that orderd noticed were deleted before they were settled
  Id floor;                 // results up to this one answered a previous orders stream
  Id start;                 // counting began after this request
  [[nodiscard]] bool known() const { return exists && problem.empty(); }
};

struct Horizon {
  StreamFacts orders;
  StreamFacts results;
  StreamFacts dead;
  Position position;
  uint64_t now_ms = 0;    // the server's clock
  uint64_t fresh_at = 0;  // number of replies received at the last refresh
  Id from;                // results before this one are not read, as requested
  Id to;                  // results after this one are not read

  [[nodiscard]] Id first_result() const { return std::max(results.first, from); }
  // Whether there may have been results before the first one.
  [[nodiscard]] bool results_cut() const { return !results.whole() || from > results.first; }
  // Whether there were results after `to`.
  [[nodiscard]] bool ends_early() const { return to < results.last; }
  // Whether the orders stream ends before the position. Then it is not the one that the results answer.
  [[nodiscard]] bool orders_replaced() const { return position.known() && orders.last < position.id; }
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
  void not_checked(std::string_view what, std::string_view why, uint64_t count = 1) {
    if (count > 0) not_checked_[{std::string(what), std::string(why)}] += count;
  }

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

struct Report {
  Horizon horizon;
  Counts counts;
  Findings findings;
  std::vector<std::string> advice;  // what to do about violations whose cause is known
};

// Only reads. A Failure means that the audit could not be carried out. `client` and `explain`: see Link.
[[nodiscard]] Result<Report> run(valkey::SyncClient& client, const Link::Explain& explain, const Options& options);

}  // namespace orderd::audit
