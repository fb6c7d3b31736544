// Checks a run while it goes on: each request that was pushed gets exactly one result, and no order is accepted twice.
// Memory: 100 bytes for each request and each accepted order.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "shared/entry.h"

namespace orderd::replay {

class RunCheck {
 public:
  void pushed(tools::StreamId request) { requests_[request].pushed = true; }
  // Every result there is, of whomever.
  void seen(const tools::Entry& result);
  // Sentences; at most `max` of them, and at the end how many more there are. Empty: all is good.
  [[nodiscard]] std::vector<std::string> problems(std::size_t max) const;

 private:
  struct Request {
    bool pushed = false;
    uint32_t results = 0;
  };
  std::unordered_map<tools::StreamId, Request, tools::StreamIdHash> requests_;
  std::unordered_map<std::string, uint32_t> accepted_;  // by order id
};

}  // namespace orderd::replay
