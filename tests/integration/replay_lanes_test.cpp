// order-replay with several lanes: each request goes to the lane of its SKU.
#include "integration/replay_desk.h"
#include "order/lanes.h"

namespace orderd::test {
namespace {

struct LanesDesk : ReplayDesk {
  [[nodiscard]] Ran replay(const Words& words, const ProcessOptions& options = {}) const {
    return ReplayDesk::replay(joined(words, settings), options);
  }
  const Words settings = lane_settings("a,b,c,d");
};

TEST_CASE_FIXTURE(LanesDesk, "a run over several lanes is settled, verified and spread by the rule") {
  const Process daemon = start_orderd(settings);
  const std::string file = workload("w", {"--orders", "3000", "--skus", "40", "--stock", "50", "--malformed", "0.02",
                                          "--repeated", "0.05", "--lines-max", "3", "--lanes", "4"});
  const Json summary =
      succeeded(replay({"run", file, "--set-stock", "--max", "--wait", "--verify", "--json"})).json().at(0);
  check_values(summary, {{"pushed", 3000}, {"missing", 0}});
  CHECK(!summary["rejected"].contains("wrong_lane"));
  const order::Lanes lanes = *order::Lanes::parse("a,b,c,d");
  std::size_t requests = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const std::string& lane = lanes.names()[i];
    requests += length(admin(), "{" + lane + "}:orders");
    for (const Entry& entry : entries(admin(), "{" + lane + "}:results")) {
      if (entry.field("status") != "accepted") continue;
      for (const Json& line : Json::parse(entry.field("lines"))) {
        REQUIRE(lanes.of(line["sku"].get<std::string>()) == i);
      }
    }
  }
  CHECK(requests == 3000);
  succeeded(run(joined(settings, {"audit"})));
  // Without the rule all are pushed to one lane, and most are rejected there.
  const Ran one = succeeded(replay({"run", file, "--lane", "b", "--max", "--wait", "--json"}));
  CHECK(one.json().at(0)["rejected"]["wrong_lane"] > 1000);
}

TEST_CASE_FIXTURE(LanesDesk, "an order of SKUs of two lanes goes to the first one's and is refused there") {
  const Process daemon = start_orderd(settings);
  const std::string order =
      "{\"id\":\"o-1\",\"items\":[{\"sku\":\"shoe\",\"quantity\":1},{\"sku\":\"sock\",\"quantity\":1}]}\n";
  const Ran ran = succeeded(replay({"run", "-", "--max", "--wait", "--json"}, {.input = order}));
  CHECK(ran.json().at(0)["rejected"]["wrong_lane"] == 1);
  CHECK(length(admin(), "{c}:results") == 1);
}

TEST_CASE_FIXTURE(LanesDesk, "a command that needs one lane says so and names them") {
  failed(replay({"capture"}), {"there are 4 lanes; choose one with --lane: a, b, c, d"}, 2);
  failed(replay({"capture", "--lane", "x"}), {"--lane 'x': there is no such lane; "}, 2);
  CHECK(ReplayDesk::replay({"capture", "--lane", "x"})
            .complains("streams.lanes is empty: there is one lane, without a name"));
  succeeded(replay({"capture", "--lane", "a"}));
}

}  // namespace
}  // namespace orderd::test
