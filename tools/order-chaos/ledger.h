// What the judge reads at the end of a trial, and the two checks of it that need no server.
#pragma once

#include <functional>
#include <optional>

#include "order-chaos/record.h"

namespace orderd::chaos {

// One command to the server. Throws std::runtime_error without a reply.
using Call = std::function<valkey::OwnedReply(const Words& words)>;

// All entries of a stream, a page at a time.
void each_entry(const Call& call, const std::string& stream, const std::function<void(const test::Entry&)>& act);

// A hash of an entry's fields, to compare copies.
[[nodiscard]] uint64_t fingerprint(const test::Entry& entry);

// A result that names a request.
struct Decision {
  StreamId id;
  std::string order, status, reason, content;
  bool has_lines = false;
};

// Both streams.
struct Ledger {
  std::set<StreamId> requests;                           // in the orders stream
  std::map<StreamId, uint64_t> results;                  // fingerprints
  std::vector<std::pair<StreamId, StreamId>> order;      // results and the requests they answer, in the stream's order
  std::map<StreamId, std::vector<Decision>> by_request;  // more than one is a violation
  std::map<std::string, int64_t> sold;                   // by SKU; added stock counts as negative
  std::map<std::string, uint64_t> outcomes;              // by status or reason
  std::vector<std::string> unreadable;                   // IDs of results
  std::vector<std::pair<std::string, std::string>> replies;  // reply_to, text
};

// Adds an entry of the results stream.
void add_result(Ledger& ledger, const test::Entry& entry);

struct OrderCheck {
  std::set<StreamId> restarts;            // results at which the order restarts, explained by a fault
  std::set<StreamId> unanswered;          // requests in the stream without a result, explained by a fault
  std::vector<std::string> out_of_order;  // violations
  std::vector<std::string> passed_over;   // violations: unsettled while the stream was absent, no result since
};

// Checks that requests were settled in order, given the faults of the orders stream. The `request` IDs of the results
// increase strictly. They restart once where the stream was recreated with smaller IDs. They also restart each time
// that it was absent and newer requests were settled: at the first request that was waiting when it disappeared.
[[nodiscard]] OrderCheck check_order(const Record& record, const Ledger& ledger);

struct AuditVerdict {
  int status = 0;
  std::string output;  // of orderctl audit --json
  std::string errors;
};

// The audit sees only what is left, and shares no code with the judge: each checks the other. It must name exactly the
// requests that are in the stream without a result. If a fault caused it, it may also report a restart of the order of
// requests, a request that was never in the stream, and stock that was not a number. Returns what else it reports, or
// fails to report.
[[nodiscard]] std::optional<std::string> check_audit(const AuditVerdict& verdict, const OrderCheck& order,
                                                     const Record& record);

}  // namespace orderd::chaos
