// One verdict for each phase of a lane. Why a phase is blocked is reported in the lane's words, as in the log.
#include "admin/health.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

namespace orderd::admin {
namespace {

using lane::Phase;
using lane::Status;

Health serving(const Status& status, std::chrono::milliseconds lease) {
  // Kept while it retries: cleared when a request was settled, or none waits.
  if (!status.blocked_by.empty()) return {false, "cannot process orders: " + status.blocked_by};
  if (status.stalled_ms >= static_cast<uint64_t>(stall_limit(lease).count())) {
    return {false,
            fmt::format("stalled: nothing was settled for {:.1f} s, {} in flight, and the server has not said that "
                        "nothing waits",
                        static_cast<double>(status.stalled_ms) / 1000, status.in_flight)};
  }
  return {true, fmt::format("serving, {} in flight", status.in_flight)};
}

}  // namespace

Health verdict(const LaneView& lane) {
  const Status& status = lane.status;
  const std::string because = status.blocked_by.empty() ? "" : ": " + status.blocked_by;
  switch (status.phase) {
    case Phase::kIdle: return {false, "not started yet"};
    case Phase::kConnecting: return {false, "not connected" + because};
    case Phase::kStandby:
      if (status.owner.empty()) return {false, "asking the server which daemon is active" + because};
      return {true, "standing by for '" + status.owner + "'"};
    case Phase::kJoining: return {false, "looking up the position" + because};
    case Phase::kServing: return serving(status, lane.lease);
    case Phase::kDraining: return {false, "waiting for outstanding replies before it resumes" + because};
    case Phase::kBlocked: return {false, "cannot process orders" + because};
    case Phase::kPaused: return {false, status.blocked_by + "; orderctl resume ends that"};
    case Phase::kFinishing: return {false, "shutting down"};
    case Phase::kEnded: return {false, "ended"};
  }
  return {};
}

std::chrono::milliseconds stall_limit(std::chrono::milliseconds lease) {
  return std::max(std::chrono::milliseconds(10'000), 2 * lease);
}

Health live() {
  return {true, "live\n"};
}

Health ready(const Snapshot& snapshot) {
  Health all{.good = true, .text = ""};
  for (const LaneView& lane : snapshot.lanes) {
    const Health one = verdict(lane);
    all.good = all.good && one.good;
    all.text += fmt::format("{}'{}': {}\n", one.good ? "" : "not ready: ", lane.name, one.text);
  }
  all.text = (all.good ? "ready\n" : "not ready\n") + all.text;
  return all;
}

std::string summary(const Snapshot& snapshot) {
  std::string line;
  for (const LaneView& lane : snapshot.lanes) {
    line += fmt::format("{}'{}': {}", line.empty() ? "" : "; ", lane.name, verdict(lane).text);
    if (lane.status.waiting) line += fmt::format(", {} requests waiting", *lane.status.waiting);
  }
  return line;
}

}  // namespace orderd::admin
