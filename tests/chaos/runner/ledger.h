// What both streams hold at the end of a trial, as the judge needs it.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "chaos/runner/trial.h"

namespace orderd::chaos {

// A result that names a request.
struct Decision {
  EntryId id;
  std::string order, status, reason, content;
  bool has_lines = false;
};

struct Ledger {
  std::set<EntryId> requests;                           // in the orders stream
  std::map<EntryId, uint64_t> results;                  // fingerprints, as the tailer takes them
  std::vector<std::pair<EntryId, EntryId>> order;       // results and the requests they answer, in the stream's order
  std::map<EntryId, std::vector<Decision>> by_request;  // more than one is one too many
  std::map<std::string, int64_t> sold;                  // by SKU; stock that was added counts below zero
  std::map<std::string, uint64_t> outcomes;             // by status or reason
  std::vector<std::string> unreadable;                  // IDs of results
};

// Throws std::runtime_error where the streams cannot be read.
[[nodiscard]] Ledger read_ledger(Trial& trial);

}  // namespace orderd::chaos
