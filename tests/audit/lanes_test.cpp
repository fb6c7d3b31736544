// The audit of several lanes: correct decisions are clean, wrong ones are found.
#include <doctest/doctest.h>

#include "audit/report.h"
#include "audit/rules.h"
#include "audit/sabotage.h"
#include "integration/sale.h"
#include "order/lanes.h"
#include "support/wait_for.h"

namespace orderd::test {
namespace {

using namespace std::chrono_literals;

// Four lanes of a shop. `a` has hats and `c` shoes.
const Words kLanes = lane_settings("a,b,c,d");

class Mall {
 public:
  // Lane c: two shoes sold, a hat that belongs to a, an order decided and retried, one refused. Nothing waits.
  Mall() {
    Process daemon = desk.start_orderd(joined(kLanes, {"--processing.name", "only"}));
    set(desk.admin(), "{c}:stock:shoe", "2");
    set(desk.admin(), "{a}:stock:hat", "5");
    push("a", "o-1", "hat");
    push("c", "o-1", "shoe");
    push("c", "o-2", "shoe");
    push("c", "o-3", "hat");
    push("c", "o-1", "shoe");
    push("c", "o-4", "shoe");
    push("c", "o-1", "hat");
    wait_for([&] { return results("a").size() == 1 && results("c").size() == 6; }, 20s, "all results");
    end(daemon);
  }
  [[nodiscard]] Ran audit(const Words& more = {}) const { return desk.run(joined(joined(kLanes, {"audit"}), more)); }
  [[nodiscard]] std::vector<Entry> results(const std::string& lane) {
    return entries(desk.admin(), "{" + lane + "}:results");
  }
  Desk desk;

 private:
  void push(const std::string& lane, const std::string& id, const std::string& sku) {
    (void)xadd(desk.admin(), "{" + lane + "}:orders", {{"id", id}, {"sku", sku}, {"quantity", "1"}});
  }
};

// Replaces the results of lane c; their IDs stay.
void write_results(Desk& desk, const std::vector<Entry>& results) {
  (void)ask(desk.admin(), {"DEL", "{c}:results"});
  append_all(desk.admin(), "{c}:results", results);
}

const Fields kWrongLane = {{"status", "rejected"}, {"reason", "wrong_lane"}, {"detail", "it belongs elsewhere"}};

// tests/unit/lanes_test.cpp pins lanes of some SKUs.
TEST_CASE("the audit computes the same lanes as the daemon") {
  Random random(test_seed());
  for (int i = 0; i < 20'000; ++i) {
    const std::string sku = "sku-" + std::to_string(random.number(1'000'000'000));
    const auto lanes = static_cast<uint32_t>(1 + random.number(1024));
    REQUIRE(audit::lane_of(sku, lanes) == order::jump_hash(order::fnv1a(sku), lanes));
  }
}

TEST_CASE_FIXTURE(Mall, "what a daemon settles in several lanes is clean, in all of them and in each") {
  const Json report = report_of(audit({"--json"}));
  CHECK(report["verdict"] == "clean");
  CHECK(report["violation_count"] == 0);
  REQUIRE(report["lanes"].size() == 4);
  CHECK(report["lanes"][0]["lane"] == "a");
  CHECK(report["lanes"][0]["accepted"] == 1);
  CHECK(report["lanes"][2]["lane"] == "c");
  CHECK(report["lanes"][2]["accepted"] == 2);
  CHECK(report["lanes"][2]["rejected"] == 3);
  const Ran text = audit();
  CHECK(text.status == 0);
  CHECK(text.row("c ").starts_with("c 6 2 3 0 0 up to "));
  CHECK(text.says("clean: all that was checked holds"));
  CHECK(report_of(audit({"--lane", "c", "--json"}))["results"] == 6);
}

TEST_CASE_FIXTURE(Mall, "each wrong decision about a lane is a violation and is named with its lane") {
  const std::vector<Entry> good = results("c");
  REQUIRE(good.size() == 6);
  REQUIRE(good[2].field("reason") == "wrong_lane");
  REQUIRE(good[5].field("reason") == "id_reused");
  const Fields sold = {{"status", "accepted"}, {"lines", R"([{"sku":"hat","quantity":1,"remaining":4}])"}};
  struct Case {
    std::string check;
    std::size_t place;
    Fields fields;
  };
  const std::vector<Case> cases = {
      {"lane_differs", 2, sold},
      {"lane_differs", 5, kWrongLane},  // its ID was decided here
      {"bad_result", 2, {kWrongLane.begin(), kWrongLane.begin() + 2}},
  };
  for (const Case& each : cases) {
    CAPTURE(each.place);
    std::vector<Entry> falsified = good;
    rewrite(falsified[each.place], each.fields, {"status", "reason", "detail", "lines", "outcome", "original"});
    write_results(desk, falsified);
    const Json report = report_of(audit({"--json"}), 3);
    CHECK(report["lanes"][0]["violation_count"] == 0);
    CHECK_MESSAGE(violations(report["lanes"][2], each.check) > 0, report);
    const Ran text = audit();
    CHECK(text.status == 3);
    CHECK_MESSAGE(text.says("lane 'c', " + each.check + ": "), text.output);
  }
  write_results(desk, good);
  // A record for a wrong_lane order.
  const std::string digest = get(desk.admin(), "{c}:orders:order:o-1").value_or("").substr(0, 16);
  set(desk.admin(), "{c}:orders:order:o-3", digest + "r" + good[2].id);
  CHECK(violations(report_of(audit({"--json"}), 3)["lanes"][2], "record_differs") == 1);
}

TEST_CASE_FIXTURE(Mall, "with another number of lanes the orders belong to other lanes") {
  const Ran ran = audit({"--json", "--lane", "c", "--streams.lanes", "c"});
  CHECK(violations(report_of(ran, 3), "lane_differs") == 1);
}

}  // namespace
}  // namespace orderd::test
