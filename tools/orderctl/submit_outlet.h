// What `orderctl submit FILE` keeps of each lane, and how it waits for a server that is gone.
#pragma once

#include <chrono>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "orderctl/open_requests.h"
#include "orderctl/submit_progress.h"
#include "shared/result_tail.h"
#include "valkey/backoff.h"

namespace orderd::tools {

// Where the orders of a lane go, and the results that come back.
struct Outlet {
  const settings::Settings& settings;
  Client client;
  std::optional<ResultTail> tail;  // with --wait
  OpenRequests open;
};
// One for each lane of `context`, which outlives them. A failure: one cannot be reached.
[[nodiscard]] Result<std::vector<Outlet>> open_outlets(const Context& context, bool wait);
// Requests without a result, in all lanes; and the oldest of them, if there is one, with its lane.
[[nodiscard]] std::size_t count_open(const std::vector<Outlet>& outlets);
[[nodiscard]] std::string oldest_open(const std::vector<Outlet>& outlets);

// Attempts to connect again.
class Reconnection {
 public:
  Reconnection(std::chrono::milliseconds timeout, SubmitProgress& progress) : timeout_(timeout), progress_(progress) {}

  // Returns a moment before the next attempt. False: there were attempts for too long, or a signal came.
  [[nodiscard]] bool wait_out(const std::string& why);
  // The connection is back, or was there.
  void connected();

 private:
  const std::chrono::milliseconds timeout_;
  SubmitProgress& progress_;
  valkey::Backoff backoff_{std::random_device{}()};
  std::optional<std::chrono::steady_clock::time_point> trouble_;  // since then there is no connection
};

}  // namespace orderd::tools
