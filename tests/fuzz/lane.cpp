// Fuzzes a lane with server replies: a whole lane, both connections, a real loop, and a server whose replies the input
// chooses: right, wrong or arbitrary bytes. The lane may end with an error, but never break.
//
// Input: for each command after the handshake a byte that selects the reply, and the data for that reply.
#include <spdlog/spdlog.h>

#include <vector>

#include "base/check.h"
#include "fuzz/input.h"
#include "fuzz/lane_server.h"
#include "lane/lane.h"
#include "support/lane_options.h"

namespace orderd::fuzz {
namespace {

constexpr int kMaxTurns = 200;  // later turns only follow a back-off, which no run waits for
constexpr int kIdleTurns = 8;   // a command and its reply take four

class End : public lane::Lane::Listener {
 public:
  void on_finished() override { ++finished; }
  bool on_cannot_start(const lane::Lane& /*lane*/, const std::string& what) override {
    ++fatal;
    ORDERD_CHECK(!what.empty(), "an end without a reason");
    return true;
  }
  int finished = 0;
  int fatal = 0;
};

}  // namespace
}  // namespace orderd::fuzz

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  spdlog::set_level(spdlog::level::off);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  using namespace orderd;
  using namespace orderd::fuzz;
  lane::Options options = test::lane_options();
  options.max_in_flight = 4;
  End end;
  Loop loop;
  {
    LaneServer server(loop, Input(data, size));
    valkey::SingleNode topology([&server] { return Result<valkey::Endpoint>(server.endpoint()); });
    valkey::SharedConnections connections(loop);
    lane::Lane lane(loop, options, topology, connections, 1, end);
    lane.start();
    bool finishing = false;
    for (int turns = 0, idle = 0; turns < kMaxTurns && idle < kIdleTurns; ++turns) {
      const std::size_t before = server.arrived();
      (void)uv_run(loop.raw(), UV_RUN_NOWAIT);
      idle = server.arrived() > before ? 0 : idle + 1;
      ORDERD_CHECK(lane.status().in_flight <= options.max_in_flight, "more than max_in_flight in flight");
      if (idle == kIdleTurns - 1 && !finishing) {
        finishing = true;
        lane.finish();
        idle = 0;
      }
    }
    ORDERD_CHECK(end.finished + end.fatal <= 1, "the end is reported once");
    ORDERD_CHECK(end.finished == 0 || lane.status().in_flight == 0, "finished with entries in flight");
    const lane::Counters counters = lane.status().counters;
    ORDERD_CHECK(counters.settled() <= counters.entries_read, "settled unread");
  }
  loop.run();
  return 0;
}
