// What to audit.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "audit/id.h"
#include "audit/lane_rule.h"
#include "audit/request_decoder.h"

namespace orderd::audit {

struct KeyNames {
  std::string orders;
  std::string results;
  std::string dead;
  std::string position;
};

// Progress of the audit; may exceed `total` while daemons run.
struct Progress {
  const char* what = "";
  uint64_t done = 0;
  uint64_t total = 0;
};

struct Options {
  KeyNames names;
  std::function<std::string(std::string_view)> stock_key;  // of an SKU
  std::function<std::string(std::string_view)> order_key;  // of an order ID
  RequestLimits limits;
  LaneNumber lane;
  std::chrono::milliseconds window{};  // processing.dedup_window
  std::size_t memory_bytes = std::size_t{512} * 1024 * 1024;
  uint64_t findings_max = 20;  // kept per check
  std::optional<Id> from;      // skip results before this one
  std::optional<Id> to;        // skip results after this one
  std::function<void(const Progress&)> progress;
};

}  // namespace orderd::audit
