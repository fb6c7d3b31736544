// Reads the results stream as it grows.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "shared/entry.h"

namespace orderd::tools {

class ResultTail {
 public:
  // From after the newest entry.
  [[nodiscard]] static Result<ResultTail> at_end(const settings::Settings& settings);
  // From after the entry `id`.
  [[nodiscard]] static Result<ResultTail> after(const settings::Settings& settings, const std::string& id);

  // Reads one page of new entries, calls `each` for them and returns how many there were. If there are none, waits up
  // to `wait`, but not much longer than a second. After a failure see lost().
  [[nodiscard]] Result<std::size_t> read(std::chrono::milliseconds wait, const std::function<void(const Entry&)>& each);
  // read() in two steps, for a caller that waits for several tails: descriptor() is readable when the server has
  // answered or the connection is lost, and then take() follows. A failure to ask is one of take().
  void ask(std::chrono::milliseconds wait);
  [[nodiscard]] int descriptor() const { return client_.descriptor(); }
  [[nodiscard]] Result<std::size_t> take(const std::function<void(const Entry&)>& each);
  // A new connection may succeed. Otherwise the failure would only be repeated.
  [[nodiscard]] bool lost() const { return lost_; }
  [[nodiscard]] const std::string& server() const { return client_.server(); }
  // The ID of the last entry that was read.
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
