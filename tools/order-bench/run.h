// The runs that are compared: the bare script, the ceiling, orderd and other consumers draining a backlog. Each uses an
// empty server with its own backlog, checks that every order was settled exactly once, and reports its cost.
#pragma once

#include <string>
#include <vector>

#include "lane/options.h"
#include "order-bench/lab.h"
#include "order-bench/report.h"

namespace orderd::bench {

struct Setup {
  Transport transport = Transport::kUnix;
  AppendOnly append_only = AppendOnly::kOff;
  Sale sale = {};
  bool dedup = true;
  uint32_t orders_per_call = 64;  // processing.orders_per_call
};
// What a lane of orderd does with a setup; everything else as by default.
[[nodiscard]] lane::Options lane_options(const Setup& setup);

// The cost of one order. Times in microseconds; 0 if it does not apply.
struct Cost {
  double rate = 0;           // orders a second
  double busy = 0;           // of the server's main thread, 0 to 1
  double server_us = 0;      // CPU of the server's main thread
  double client_us = 0;      // CPU of the caller
  double call_us = 0;        // of server_us: inside the script
  double read_us = 0;        // of server_us: inside XREAD or XREADGROUP
  double read_whole_us = 0;  // server CPU of reading in advance, including the network; only ceiling()
  double peak_mib = 0;       // of the daemon
};
// A table's columns, and a run in it.
inline const std::vector<Table::Column> kCostColumns = {
    {"orders/s", 0}, {"server busy", 2}, {"server us", 2}, {"client us", 2}, {"both us", 2}};
[[nodiscard]] std::vector<double> cells_of(const Cost& cost);

// Between one twentieth and nineteen twentieths of the orders: neither the start nor the last read counts.
[[nodiscard]] Cost cost_of(const std::vector<Reading>& readings, uint64_t orders);

// The bare script (pipeline.h), one call an order.
[[nodiscard]] Cost bare(Lab& lab, const Setup& setup, uint64_t orders);
// lua/settle.lua with exactly the arguments that orderd would send, from entries read in advance; sent by a client that
// does nothing else (pipeline.h).
[[nodiscard]] Cost ceiling(Lab& lab, const Setup& setup, uint64_t orders);
// orderd, started when the requests are already in the stream; see cost_of().
[[nodiscard]] Cost drain(Lab& lab, const Setup& setup, uint64_t orders, const Orderd& orderd);
// An empty server with a backlog and a group `orderd` that has read none of it, for consume().
void fill_for_group(Lab& lab, const Sale& sale, uint64_t orders);
// Another consumer, measured like drain(), on what is in the server now. It must accept all orders. `count` returns how
// many are done.
[[nodiscard]] Cost consume(Lab& lab, const Sale& sale, uint64_t orders, const Words& command,
                           const Words& count = kResults);
// The hand-written consumer, with this many orders per batch.
[[nodiscard]] Words consumer_command(const Lab& lab, unsigned batch);

// Throws Violation unless each of `orders` has one result, the position (or the group, of an old orderd) is at the last
// request, and the stock is right.
void check_outcome(Lab& lab, const Sale& sale, uint64_t orders, const Orderd& orderd = {});

}  // namespace orderd::bench
