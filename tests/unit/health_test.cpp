#include "admin/health.h"

#include <doctest/doctest.h>

namespace orderd::admin {
namespace {

using lane::Phase;
using std::chrono::milliseconds;

LaneView view(Phase phase) {
  LaneView made{.name = "orders", .lease = milliseconds(3000), .status = {}};
  made.status.phase = phase;
  return made;
}

Health ready_of(const LaneView& lane) {
  Snapshot snapshot;
  snapshot.lanes.push_back(lane);
  return ready(snapshot);
}

void is_ready(const LaneView& lane, const std::string& sentence) {
  const Health health = ready_of(lane);
  CHECK(health.good);
  CHECK(health.text == "ready\n'orders': " + sentence + "\n");
}

void is_not_ready(const LaneView& lane, const std::string& sentence) {
  const Health health = ready_of(lane);
  CHECK_FALSE(health.good);
  CHECK(health.text == "not ready\nnot ready: 'orders': " + sentence + "\n");
}

TEST_CASE("a daemon that responds is live, whatever its lanes do") {
  CHECK(live().good);
  CHECK(live().text == "live\n");
}

TEST_CASE("a lane that serves is ready") {
  LaneView lane = view(Phase::kServing);
  is_ready(lane, "serving, 0 in flight");
  lane.status.in_flight = 7;
  lane.status.stalled_ms = 9'999;
  is_ready(lane, "serving, 7 in flight");
}

TEST_CASE("a lane that settles nothing is stalled after ten seconds or two leases") {
  LaneView lane = view(Phase::kServing);
  lane.status.in_flight = 3;
  lane.status.stalled_ms = 10'000;
  is_not_ready(lane,
               "stalled: nothing was settled for 10.0 s, 3 in flight, and the server has not said that nothing waits");
  lane.lease = milliseconds(30'000);
  is_ready(lane, "serving, 3 in flight");
  lane.status.stalled_ms = 60'000;
  CHECK_FALSE(ready_of(lane).good);
  CHECK(stall_limit(milliseconds(100)) == milliseconds(10'000));
  CHECK(stall_limit(milliseconds(600'000)) == milliseconds(1'200'000));
}

TEST_CASE("a blocked lane is not ready and shows the reason, even while it retries") {
  for (const Phase phase : {Phase::kBlocked, Phase::kServing}) {
    LaneView lane = view(phase);
    lane.status.blocked_by = "WRONGTYPE key results: not a stream";
    is_not_ready(lane, "cannot process orders: WRONGTYPE key results: not a stream");
  }
}

TEST_CASE("a paused lane is not ready and shows why and how to resume") {
  LaneView lane = view(Phase::kPaused);
  lane.status.blocked_by = "paused: counting the shelf";
  is_not_ready(lane, "paused: counting the shelf; orderctl resume ends that");
}

TEST_CASE("a standby is ready once it knows the active daemon") {
  LaneView lane = view(Phase::kStandby);
  is_not_ready(lane, "asking the server which daemon is active");
  lane.status.owner = "shop-1";
  is_ready(lane, "standing by for 'shop-1'");
}

TEST_CASE("a lane that starts or stops is not ready") {
  LaneView lane = view(Phase::kConnecting);
  is_not_ready(lane, "not connected");
  lane.status.blocked_by = "cannot connect to valkey://h: Connection refused";
  is_not_ready(lane, "not connected: cannot connect to valkey://h: Connection refused");
  is_not_ready(view(Phase::kIdle), "not started yet");
  is_not_ready(view(Phase::kJoining), "looking up the position");
  is_not_ready(view(Phase::kDraining), "waiting for outstanding replies before it resumes");
  is_not_ready(view(Phase::kFinishing), "shutting down");
  is_not_ready(view(Phase::kEnded), "ended");
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
