// The parts of the benchmark. Each measures and adds its targets and tables to the report.
#pragma once

#include <cstdint>
#include <string>

#include "benchmark/report.h"

namespace orderd::bench {

struct Plan {
  uint64_t orders = 500'000;      // of one run
  unsigned repeat = 5;            // runs of everything that is compared
  uint64_t waiting = 10'000'000;  // the longest backlog
  uint64_t seconds = 10;          // one run of the latency
  std::string orderd;             // path of the program
  std::string against;            // path of another orderd to compare with; empty: none
  std::string consumer;           // path of order-bench-consumer
  bool base = false;              // of draining the base alone, not its variants
  std::string replay;             // path of order-replay
  std::string micro;              // path of order-bench-micro
  std::string peers;              // folder with the peers' programs and their node_modules
};

// The ceiling; orderd against it and against a hand-written consumer; the same with other settings.
void measure_drain(const Plan& plan, Report& report);
// Other clients with the same work.
void measure_peers(const Plan& plan, Report& report);
// WATCH, MULTI, EXEC with 1, 16 and 64 clients; needs only the server.
void measure_watch(const Plan& plan, Report& report);
// From when an order is due until its result can be read.
void measure_latency(const Plan& plan, Report& report);
// How long orders wait when a daemon starts, stops or is killed.
void measure_takeover(const Plan& plan, Report& report);
// Short and long backlogs; memory.
void measure_backlog(const Plan& plan, Report& report);
// Many lanes against one; a cluster against one server; TLS against plain.
void measure_lanes(const Plan& plan, Report& report);
// The work of orderd on an order, without a server.
void measure_micro(const Plan& plan, Report& report);

// Progress, to standard error.
void say(const std::string& what);

}  // namespace orderd::bench
