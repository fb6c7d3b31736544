// Reads the results stream from a place on, as it grows.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "shared/entry.h"

namespace orderd::tools {

class ResultTail {
 public:
  // Behind the newest entry there is now.
  [[nodiscard]] static Result<ResultTail> at_end(const settings::Settings& settings);
  // Behind the entry `after`.
  [[nodiscard]] static Result<ResultTail> behind(const settings::Settings& settings, const std::string& after);

  // One page of what is new, and where there is nothing new waits up to `wait`, but never much longer than a second.
  // Answers how many entries there were; they are handed to `each` before that. A failure: `lost()` tells of which
  // kind.
  [[nodiscard]] Result<std::size_t> read(std::chrono::milliseconds wait, const std::function<void(const Entry&)>& each);
  // May another connection do better? Else the failure will come again.
  [[nodiscard]] bool lost() const { return lost_; }
  // The id of the entry read last.
  [[nodiscard]] const std::string& last() const { return last_; }

 private:
  ResultTail(Client client, std::string stream, std::string last)
      : client_(std::move(client)), stream_(std::move(stream)), last_(std::move(last)) {}

  Client client_;
  std::string stream_;
  std::string last_;
  bool lost_ = false;
};

}  // namespace orderd::tools
