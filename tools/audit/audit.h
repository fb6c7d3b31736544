// The whole audit: reads the streams and checks them. What is audited, how far it reads, what it cannot see, and what
// it found. docs/testing.md explains the method.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "audit/findings.h"
#include "audit/link.h"
#include "audit/request_decoder.h"

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

struct Report {
  Horizon horizon;
  Counts counts;
  Findings findings;
  std::vector<std::string> advice;  // what to do about violations whose cause is known
};

// Only reads. A Failure means that the audit could not be carried out.
[[nodiscard]] Result<Report> run(Link& link, const Options& options);

}  // namespace orderd::audit
