// Checks a run while it is in progress: the results are in the order of their requests, so that none has two, and no
// order is accepted twice. Whether each request has a result is known from Awaiting. Memory: 100 bytes for each
// accepted order.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "shared/entry.h"

namespace orderd::replay {

class RunCheck {
 public:
  // Every result that names a request, whoever pushed it, in the order of the results stream.
  void seen(const tools::Entry& result);
  // How many problems there are.
  [[nodiscard]] uint64_t count() const { return count_; }
  // The first of them, one sentence each.
  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }

 private:
  static constexpr std::size_t kKept = 10;
  void add(const std::string& problem);

  tools::StreamId last_;                                   // the request that the last result answered
  std::unordered_map<std::string, std::string> accepted_;  // the result of each accepted order, by the order's ID
  std::vector<std::string> problems_;
  uint64_t count_ = 0;
};

}  // namespace orderd::replay
