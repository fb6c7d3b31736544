// /metrics: a snapshot in Prometheus' text format.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "admin/snapshot.h"

namespace orderd::admin {

inline constexpr std::string_view kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

// Unknown values are omitted: a family without samples, never a 0.
[[nodiscard]] std::string metrics_text(const Snapshot& snapshot);

// All metrics, for docs/metrics.md.
struct FamilyInfo {
  std::string_view name;
  std::string_view type;    // counter, gauge, histogram
  std::string_view labels;  // with commas between; empty: none
  std::string_view help;
};
[[nodiscard]] std::vector<FamilyInfo> families();

}  // namespace orderd::admin
