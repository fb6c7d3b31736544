// The runs that are compared: the bare script, the ceiling, orderd and other consumers draining a backlog. Each uses an
// empty server with its own backlog, checks that every order was settled exactly once, and reports its cost.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lane/options.h"
#include "order-bench/lab.h"
#include "order-bench/report.h"
#include "valkey/command.h"

namespace orderd::bench {

// The script of the tutorials: GET, compare, DECRBY, and nothing else: no result, no record. The baseline for the cost
// of a settled order.
inline constexpr std::string_view kBareScript = R"lua(
local stock = tonumber(redis.call('GET', KEYS[1]) or '0')
local quantity = tonumber(ARGV[1])
if stock < quantity then return 0 end
redis.call('DECRBY', KEYS[1], quantity)
return 1
)lua";

// A client that only keeps a server busy: sends prepared commands, many at a time, and compares each reply. Its rate is
// the ceiling for every program that makes the same calls.
class Pipeline {
 public:
  // A command, and the text of its expected reply; without it any reply but an error will do.
  void add(valkey::Command command, std::optional<std::string> answer = {});
  // Ends a turn: the commands since the previous one, which serve this many orders.
  void end_turn(std::size_t orders);
  [[nodiscard]] std::size_t orders() const { return orders_; }

  // Sends all turns, at most `window` of them without their replies, and half of that in one write, like a client with
  // a backlog. Returns the seconds it took. Throws std::runtime_error on an unexpected reply.
  [[nodiscard]] double run(valkey::SyncClient client, std::size_t window) const;

 private:
  struct Step {
    valkey::Command command;
    std::optional<std::string> answer;
  };
  void receive(valkey::SyncClient& client, std::size_t first, std::size_t end) const;

  std::vector<Step> steps_;
  std::vector<std::size_t> turns_ = {0};  // where each begins in steps_, and where the last ends
  std::size_t orders_ = 0;
};

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

// The bare script, one call an order.
[[nodiscard]] Cost bare(Lab& lab, const Setup& setup, uint64_t orders);
// lua/settle.lua with exactly the arguments that orderd would send, from entries read in advance; sent by a client that
// does nothing else.
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
