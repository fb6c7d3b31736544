#include "admin/health.h"

#include <doctest/doctest.h>

#include <tuple>

namespace orderd::admin {
namespace {

using lane::Phase;
using std::chrono::milliseconds;

LaneView view(Phase phase) {
  LaneView made{.name = "orders", .lease = milliseconds(3000), .status = {}};
  made.status.phase = phase;
  return made;
}

// "good: " or "bad: " and the sentence about the lane.
std::string ready_of(const LaneView& lane) {
  Snapshot snapshot;
  snapshot.lanes.push_back(lane);
  const Health health = ready(snapshot);
  const std::string start = health.good ? "ready\n'orders': " : "not ready\nnot ready: 'orders': ";
  REQUIRE(health.text.starts_with(start));
  return (health.good ? "good: " : "bad: ") + health.text.substr(start.size());
}

TEST_CASE("a daemon that responds is live, whatever its lanes do") {
  CHECK(live().good);
  CHECK(live().text == "live\n");
}

TEST_CASE("a lane that serves is ready, and stalled if it settles nothing for ten seconds or two leases") {
  LaneView lane = view(Phase::kServing);
  CHECK(ready_of(lane) == "good: serving, 0 in flight\n");
  lane.status.in_flight = 7;
  lane.status.stalled_ms = 9'999;
  CHECK(ready_of(lane) == "good: serving, 7 in flight\n");
  lane.status.stalled_ms = 10'000;
  CHECK(ready_of(lane) ==
        "bad: stalled: nothing was settled for 10.0 s, 7 in flight, and the server has not said that nothing waits\n");
  lane.lease = milliseconds(30'000);
  CHECK(ready_of(lane) == "good: serving, 7 in flight\n");
  lane.status.stalled_ms = 60'000;
  CHECK(ready_of(lane).starts_with("bad: "));
  CHECK(stall_limit(milliseconds(100)) == milliseconds(10'000));
  CHECK(stall_limit(milliseconds(600'000)) == milliseconds(1'200'000));
}

TEST_CASE("a lane that is blocked, paused, standing by, starting or stopping says so") {
  const std::string wrong_type = "WRONGTYPE key results: not a stream";
  const std::string refused = "cannot connect to valkey://h: Connection refused";
  const std::tuple<Phase, std::string, std::string> rows[] = {
      {Phase::kBlocked, wrong_type, "bad: cannot process orders: " + wrong_type},
      {Phase::kServing, wrong_type, "bad: cannot process orders: " + wrong_type},  // while it retries
      {Phase::kPaused, "paused: counting the shelf", "bad: paused: counting the shelf; orderctl resume ends that"},
      {Phase::kStandby, "", "bad: asking the server which daemon is active"},
      {Phase::kConnecting, "", "bad: not connected"},
      {Phase::kConnecting, refused, "bad: not connected: " + refused},
      {Phase::kIdle, "", "bad: not started yet"},
      {Phase::kJoining, "", "bad: looking up the position"},
      {Phase::kDraining, "", "bad: waiting for outstanding replies before it resumes"},
      {Phase::kFinishing, "", "bad: shutting down"},
      {Phase::kEnded, "", "bad: ended"},
  };
  for (const auto& [phase, blocked_by, expected] : rows) {
    LaneView lane = view(phase);
    lane.status.blocked_by = blocked_by;
    CHECK(ready_of(lane) == expected + "\n");
  }
  LaneView standby = view(Phase::kStandby);
  standby.status.owner = "shop-1";
  CHECK(ready_of(standby) == "good: standing by for 'shop-1'\n");
}

TEST_CASE("each lane has a line and one that is not ready is enough") {
  Snapshot snapshot;
  snapshot.lanes.push_back(view(Phase::kServing));
  snapshot.lanes.push_back(view(Phase::kIdle));
  snapshot.lanes.back().name = "more";
  const Health health = ready(snapshot);
  CHECK_FALSE(health.good);
  CHECK(health.text == "not ready\n'orders': serving, 0 in flight\nnot ready: 'more': not started yet\n");
}

}  // namespace
}  // namespace orderd::admin
