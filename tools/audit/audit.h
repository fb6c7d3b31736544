// The whole audit: reads the streams once, and judges. docs/audit.md has the method.
#pragma once

#include <array>
#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "audit/findings.h"
#include "audit/horizon.h"
#include "audit/link.h"
#include "audit/request_decoder.h"
#include "audit/take_horizon.h"

namespace orderd::audit {

// How far it is; `total` may be passed while daemons run.
struct Progress {
  const char* what = "";
  uint64_t done = 0;
  uint64_t total = 0;
};

struct Options {
  StreamNames names;
  std::function<std::string(std::string_view)> stock_key;  // of an SKU
  std::function<std::string(std::string_view)> order_key;  // of an order id
  RequestLimits limits;
  std::chrono::milliseconds window{};  // processing.dedup_window
  std::size_t memory_bytes = std::size_t{256} * 1024 * 1024;
  uint64_t findings_max = 20;  // of each check that are kept
  std::optional<Id> from;      // results from here on only
  std::optional<Id> to;        // results up to here only
  std::function<void(const Progress&)> progress;
};

struct Counts {
  uint64_t results = 0;  // all entries of the results stream that were read
  uint64_t accepted = 0;
  uint64_t rejected = 0;
  uint64_t duplicates = 0;
  uint64_t stock_changes = 0;
  uint64_t lines = 0;
  uint64_t requests = 0;
  uint64_t dead_letters = 0;
  uint64_t skus = 0;
  uint64_t records = 0;  // that were looked at
  uint64_t spilled_bytes = 0;
};

struct Report {
  Horizon horizon;
  Counts counts;
  Findings findings;
};

// Only reads. A failure: the audit could not be carried out.
[[nodiscard]] Result<Report> run(Link& link, const Options& options);

}  // namespace orderd::audit
