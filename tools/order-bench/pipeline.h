// A client that only keeps a server busy: sends prepared commands, many at a time, and compares each reply. Its rate is
// the ceiling for every program that makes the same calls.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "valkey/command.h"
#include "valkey/sync_client.h"

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

}  // namespace orderd::bench
