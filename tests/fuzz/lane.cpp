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

namespace orderd::fuzz {
namespace {

constexpr int kMaxTurns = 60;  // later turns only follow a back-off, which no run waits for

lane::Options lane_options() {
  lane::Options options{
      .orders = "orders",
      .results = "results",
      .dead = "orders:dead",
      .group = "orderd",
      .name = "me",
      .stock_keys = *order::KeyTemplate::parse("product:<sku>:stock", "<sku>"),
      .order_keys = *order::KeyTemplate::parse("orders:order:<id>", "<id>"),
      .reply_keys = *order::KeyTemplate::parse("orders:reply:<to>", "<to>"),
      .limits = {},
  };
  options.max_in_flight = 4;
  return options;
}

class End : public lane::Lane::Listener {
 public:
  void on_finished() override { ++finished; }
  bool on_hopeless(const lane::Lane& /*lane*/, const std::string& what) override {
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
  static const lane::Options options = lane_options();
  static const Listening listening;
  valkey::Endpoint endpoint;
  endpoint.kind = valkey::Endpoint::Kind::kUnix;
  endpoint.path = listening.path();
  valkey::SingleNode topology([&endpoint] { return Result<valkey::Endpoint>(endpoint); });
  LaneServer server(listening, Input(data, size));
  End end;
  Loop loop;
  {
    valkey::SharedConnections connections(loop);
    lane::Lane lane(loop, options, topology, connections, 1, end);
    lane.start();
    bool finishing = false;
    for (int turns = 0, idle = 0; turns < kMaxTurns && idle < 3; ++turns) {
      (void)uv_run(loop.raw(), UV_RUN_NOWAIT);
      idle = server.serve() ? 0 : idle + 1;
      ORDERD_CHECK(lane.status().in_flight <= options.max_in_flight, "more than max_in_flight in flight");
      if (idle == 2 && !finishing) {
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
