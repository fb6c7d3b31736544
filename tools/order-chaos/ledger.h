// Both streams at the end of a trial, in the form that the judge needs.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "order-chaos/record.h"

namespace orderd::chaos {

class Trial;

// A result that names a request.
struct Decision {
  EntryId id;
  std::string order, status, reason, content;
  bool has_lines = false;
};

struct Ledger {
  std::set<EntryId> requests;                           // in the orders stream
  std::map<EntryId, uint64_t> results;                  // fingerprints, as in the tailer
  std::vector<std::pair<EntryId, EntryId>> order;       // results and the requests they answer, in the stream's order
  std::map<EntryId, std::vector<Decision>> by_request;  // more than one is a violation
  std::map<std::string, int64_t> sold;                  // by SKU; added stock counts as negative
  std::map<std::string, uint64_t> outcomes;             // by status or reason
  std::vector<std::string> unreadable;                  // IDs of results
};

// Throws std::runtime_error if the streams cannot be read.
[[nodiscard]] Ledger read_ledger(Trial& trial);

}  // namespace orderd::chaos
