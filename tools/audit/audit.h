// The whole audit: reads the streams and checks them. docs/testing.md explains the method.
#pragma once

#include <string>
#include <vector>

#include "audit/findings.h"
#include "audit/horizon.h"
#include "audit/link.h"
#include "audit/options.h"

namespace orderd::audit {

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
