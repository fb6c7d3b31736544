// A client that only keeps a server busy: sends prepared commands, many at a time, and compares each reply. Its rate is
// the ceiling for every program that makes the same calls.
#pragma once

#include <string>
#include <vector>

#include "valkey/command.h"
#include "valkey/endpoint.h"

namespace orderd::bench {

class Pipeline {
 public:
  // A command that settles this many orders, and its expected reply: ":1\r\n".
  void add(const valkey::Command& command, std::size_t orders, std::string_view answer);
  [[nodiscard]] std::size_t orders() const { return orders_; }

  // Sends all of them over a new connection, at most `window` without a reply, and returns the seconds from the first
  // byte to the last reply. Throws std::runtime_error on an unexpected reply.
  [[nodiscard]] double run(const valkey::Endpoint& endpoint, std::size_t window) const;

 private:
  std::string bytes_;
  std::string answers_;
  std::vector<std::size_t> ends_;         // of each command in bytes_
  std::vector<std::size_t> answer_ends_;  // of each answer in answers_
  std::size_t orders_ = 0;
};

}  // namespace orderd::bench
