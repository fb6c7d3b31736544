// A client that does nothing but keep a server busy: it sends commands that were written beforehand, so many at a time,
// and compares each answer. What it reaches is the ceiling of everything that has to make the same calls.
#pragma once

#include <string>
#include <vector>

#include "valkey/command.h"
#include "valkey/endpoint.h"

namespace orderd::bench {

class Pipeline {
 public:
  // A command that settles so many orders, and the bytes that have to answer it: ":1\r\n".
  void add(const valkey::Command& command, std::size_t orders, std::string_view answer);
  [[nodiscard]] std::size_t orders() const { return orders_; }

  // Sends all of them over a connection of its own, `window` of them ahead of the answers, and returns the seconds from
  // the first byte to the last answer. Throws std::runtime_error where an answer is another one.
  [[nodiscard]] double run(const valkey::Endpoint& endpoint, std::size_t window) const;

 private:
  std::string bytes_;
  std::string answers_;
  std::vector<std::size_t> ends_;         // of each command in bytes_
  std::vector<std::size_t> answer_ends_;  // of each answer in answers_
  std::size_t orders_ = 0;
};

}  // namespace orderd::bench
