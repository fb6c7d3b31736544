// A client that does nothing but keep a server busy: it sends commands that were written beforehand, so many at a time,
// and looks at each answer. What it reaches is the ceiling of everything that has to make the same calls.
#pragma once

#include <string>
#include <vector>

#include "valkey/command.h"
#include "valkey/endpoint.h"

namespace orderd::bench {

// As many as orderd has in flight (processing.max_in_flight).
inline constexpr std::size_t kWindow = 1024;

class Pipeline {
 public:
  void add(const valkey::Command& command);
  [[nodiscard]] std::size_t size() const { return ends_.size(); }

  // Sends all of them to a server of its own connection and answers the seconds from the first byte to the last answer.
  // Each answer has to be the bytes `expected` ("$8\r\naccepted\r\n"). Throws std::runtime_error otherwise.
  [[nodiscard]] double run(const valkey::Endpoint& endpoint, std::string_view expected) const;

 private:
  std::string bytes_;
  std::vector<std::size_t> ends_;  // of each command in `bytes_`
};

}  // namespace orderd::bench
