// All lanes are connected before anything is pushed, and their results read from there on.
#include "orderctl/submit_outlet.h"

#include <poll.h>

#include "orderctl/lane_clients.h"
#include "shared/stop_signal.h"

namespace orderd::tools {

Result<std::vector<Outlet>> open_outlets(const Context& context, bool wait) {
  std::vector<Outlet> outlets;
  for (const settings::Settings& lane : context.lanes) {
    const std::string where = context.several() ? of_lane(lane) : "";
    auto client = Client::connect(lane);
    if (!client) return Failure{where + client.error()};
    outlets.push_back({lane, std::move(*client), std::nullopt, {}});
    if (!wait) continue;
    auto tail = ResultTail::at_end(lane);
    if (!tail) return Failure{where + tail.error()};
    outlets.back().tail.emplace(std::move(*tail));
  }
  return outlets;
}

std::size_t count_open(const std::vector<Outlet>& outlets) {
  std::size_t count = 0;
  for (const Outlet& outlet : outlets) count += outlet.open.size();
  return count;
}

std::string oldest_open(const std::vector<Outlet>& outlets) {
  const Outlet* oldest = nullptr;
  for (const Outlet& outlet : outlets) {
    if (outlet.open.size() == 0) continue;
    if (oldest == nullptr || outlet.open.oldest() < oldest->open.oldest()) oldest = &outlet;
  }
  if (oldest == nullptr) return "";
  return (outlets.size() > 1 ? of_lane(oldest->settings) : "") + oldest->open.oldest().text();
}

bool Reconnection::wait_out(const std::string& why) {
  using Clock = std::chrono::steady_clock;
  if (!trouble_) {
    progress_.clear();
    note(why + "; reconnecting");
    trouble_ = Clock::now();
  }
  if (StopSignal::came() || Clock::now() - *trouble_ >= timeout_) return false;
  (void)poll(nullptr, 0, static_cast<int>(backoff_.next().count()));
  return true;
}

void Reconnection::connected() {
  if (!trouble_) return;
  note("reconnected");
  trouble_.reset();
  backoff_.reset();
}

}  // namespace orderd::tools
