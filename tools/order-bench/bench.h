// The sub-commands of order-bench. Each measures and adds its targets and tables to the report. All throw
// std::runtime_error for what cannot be measured, and Violation for a wrong outcome.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "order-bench/report.h"

namespace orderd::bench {

// A run with a wrong outcome: some order was not settled exactly once.
class Violation : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Plan {
  uint64_t orders = 500'000;        // of one run
  unsigned repeat = 5;              // runs of everything that is compared
  uint64_t waiting = 10'000'000;    // the longest backlog
  uint64_t seconds = 10;            // one run of the latency
  uint64_t results = 1'000'000;     // that are audited
  std::string orderd;               // path of the program
  std::string against;              // path of another orderd to compare with; empty: none
  bool base = false;                // of draining the base alone, not its variants
  std::string peers;                // folder with the peers' programs and their node_modules
  bool instructions = false;        // of the scripts: count instructions, not CPU time
  std::vector<std::string> shapes;  // of the scripts: files; empty: all that there are
};

// The ceiling; orderd against it and against a hand-written consumer; the same with other settings.
void measure_drain(const Plan& plan, Report& report);
// WATCH, MULTI, EXEC with 1, 16 and 64 clients; needs only the server.
void measure_watch(const Plan& plan, Report& report);
// That, and other clients with the same work.
void measure_peers(const Plan& plan, Report& report);
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
// The cost of an order on the server, by what is sent for it.
void measure_script(const Plan& plan, Report& report);
// orderctl audit.
void measure_audit(const Plan& plan, Report& report);

// The hand-written consumer, in a process of its own; `batch`: how many orders it reads at a time. Ends at SIGTERM.
[[noreturn]] void run_consumer(const std::string& url, const std::string& batch);

// The path of this program, and of another one in its folder.
[[nodiscard]] std::string this_program();
[[nodiscard]] std::string program(const std::string& name);

// Progress, to standard error.
void say(const std::string& what);
// Calls `work` so many times, and says so.
template <class Work>
void repeat(uint64_t times, const std::string& what, const Work& work) {
  for (uint64_t run = 1; run <= times; ++run) {
    say(what + ", run " + std::to_string(run) + " of " + std::to_string(times));
    work();
  }
}

}  // namespace orderd::bench
