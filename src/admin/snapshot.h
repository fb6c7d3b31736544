// Everything that the admin server shows, as one value. Metrics, health and the status page are functions of it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "admin/process_facts.h"
#include "admin/server_view.h"
#include "base/histogram.h"
#include "lane/status.h"

namespace orderd::admin {

// How late a timer of the loop was, in milliseconds: a delay that everything else on the loop had too.
using LoopLag = Histogram<1, 14>;

struct LaneView {
  std::string name;  // of its orders stream
  std::chrono::milliseconds lease{0};
  lane::Status status;
  ServerView server{};  // for the page only
};

struct Snapshot {
  std::string name;  // of this daemon
  std::vector<LaneView> lanes;
  uint64_t dropped_log_lines = 0;
  LoopLag loop_lag_ms;
  ProcessFacts process;
};

}  // namespace orderd::admin
