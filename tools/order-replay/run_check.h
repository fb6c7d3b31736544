// Checks a run while it is in progress: the results are in the order of their requests, so that none has two, and no
// order is accepted twice. Whether each request has a result is known from Awaiting. Memory: 100 bytes for each
// accepted order.
#pragma once

#include <spdlog/fmt/fmt.h>

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "shared/entry.h"
#include "shared/output.h"

namespace orderd::replay {

class RunCheck {
 public:
  // Every result that names a request, whoever pushed it, in the order of the results stream. Request IDs have to
  // increase strictly from result to result: that is "exactly one result, in order" in one comparison.
  void seen(const tools::Entry& result) {
    const auto request = StreamId::parse(result.field("request"));
    if (!request) return;
    if (*request == last_) {
      add(fmt::format("the request {} has a second result, {}", request->text(), result.id));
    } else if (*request < last_) {
      add(fmt::format("the result {} of the request {} comes after that of the later request {}", result.id,
                      request->text(), last_.text()));
    } else {
      last_ = *request;
    }
    if (result.field("status") != "accepted") return;
    const auto [first, is_new] = accepted_.emplace(result.field("order"), result.id);
    if (is_new) return;
    add(fmt::format("the order '{}' was accepted twice: {} and {}", tools::shown(first->first), first->second,
                    result.id));
  }
  // The server has lost all results after this one.
  void lost_after(StreamId result) {
    last_ = {};
    std::erase_if(accepted_, [result](const auto& each) { return StreamId::parse(each.second) > result; });
  }
  // How many problems there are.
  [[nodiscard]] uint64_t count() const { return count_; }
  // The first of them, one sentence each.
  [[nodiscard]] const std::vector<std::string>& problems() const { return problems_; }

 private:
  static constexpr std::size_t kKept = 10;
  void add(const std::string& problem) {
    ++count_;
    if (problems_.size() < kKept) problems_.push_back(problem);
  }

  StreamId last_;                                          // the request that the last result answered
  std::unordered_map<std::string, std::string> accepted_;  // the result of each accepted order, by the order's ID
  std::vector<std::string> problems_;
  uint64_t count_ = 0;
};

}  // namespace orderd::replay
