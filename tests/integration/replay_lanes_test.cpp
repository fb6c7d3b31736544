// order-replay with several lanes: each request goes to the lane of its SKU.
#include <doctest/doctest.h>

#include "integration/replay_desk.h"
#include "order/lanes.h"
#include "support/valkey_helpers.h"

namespace orderd::test {
namespace {

const Words kLanes = {"--streams.lanes",   "a,b,c,d",          "--streams.orders", "{<lane>}:orders",
                      "--streams.results", "{<lane>}:results", "--keys.stock",     "{<lane>}:stock:<sku>"};

Words with_lanes(Words words) {
  words.insert(words.end(), kLanes.begin(), kLanes.end());
  return words;
}

TEST_CASE("a run over several lanes is settled, verified and spread by the rule") {
  ReplayDesk desk;
  const Process daemon = desk.start_orderd(kLanes);
  const std::string file = desk.workload("w", {"--orders", "3000", "--skus", "40", "--stock", "50", "--malformed",
                                               "0.02", "--repeated", "0.05", "--lines-max", "3", "--lanes", "4"});
  const Ran ran = desk.replay(with_lanes({"run", file, "--set-stock", "--max", "--wait", "--verify", "--json"}));
  REQUIRE_MESSAGE(ran.status == 0, ran.errors);
  const Json summary = ran.json().at(0);
  CHECK(summary["pushed"] == 3000);
  CHECK(summary["missing"] == 0);
  CHECK(!summary["rejected"].contains("wrong_lane"));
  const order::Lanes lanes = *order::Lanes::parse("a,b,c,d");
  std::size_t requests = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const std::string& lane = lanes.names()[i];
    requests += length(desk.admin(), "{" + lane + "}:orders");
    for (const Entry& entry : entries(desk.admin(), "{" + lane + "}:results")) {
      if (entry.field("status") != "accepted") continue;
      for (const Json& line : Json::parse(entry.field("lines"))) {
        REQUIRE(lanes.of(line["sku"].get<std::string>()) == i);
      }
    }
  }
  CHECK(requests == 3000);
  CHECK(desk.run(with_lanes({"audit"})).status == 0);
  // Without the rule all are pushed to one lane, and most are rejected there.
  const Ran one = desk.replay(with_lanes({"run", file, "--lane", "b", "--max", "--wait", "--json"}));
  REQUIRE_MESSAGE(one.status == 0, one.errors);
  CHECK(one.json().at(0)["rejected"]["wrong_lane"] > 1000);
}

TEST_CASE("an order of SKUs of two lanes goes to the first one's and is refused there") {
  ReplayDesk desk;
  const Process daemon = desk.start_orderd(kLanes);
  const std::string order = R"({"id":"o-1","items":[{"sku":"shoe","quantity":1},{"sku":"sock","quantity":1}]})"
                            "\n";
  const Ran ran = desk.replay(with_lanes({"run", "-", "--max", "--wait", "--json"}), {.input = order});
  REQUIRE_MESSAGE(ran.status == 0, ran.errors);
  CHECK(ran.json().at(0)["rejected"]["wrong_lane"] == 1);
  CHECK(length(desk.admin(), "{c}:results") == 1);
}

TEST_CASE("a command that needs one lane says so and names them") {
  ReplayDesk desk;
  const Ran capture = desk.replay(with_lanes({"capture"}));
  CHECK(capture.status == 2);
  CHECK(capture.complains("there are 4 lanes; choose one with --lane: a, b, c, d"));
  const Ran unknown = desk.replay(with_lanes({"capture", "--lane", "x"}));
  CHECK(unknown.status == 2);
  CHECK(unknown.complains("--lane 'x': there is no such lane; "));
  CHECK(desk.replay({"capture", "--lane", "x"}).complains("streams.lanes is empty: there is one lane, without a name"));
  CHECK(desk.replay(with_lanes({"capture", "--lane", "a"})).status == 0);
}

}  // namespace
}  // namespace orderd::test
