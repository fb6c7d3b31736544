// The group is missing: it is created where everything is settled, or the lane ends, and what it held is settled or
// read again.
#include <doctest/doctest.h>

#include "transport/lane_fixture.h"

namespace orderd::test {
namespace {

using Requests = std::vector<std::string>;
constexpr const char* kNoGroup =
    "NOGROUP No such key 'orders' or consumer group 'orderd' in XREADGROUP with GROUP option";

// An entry of the results stream, as XRANGE has it.
std::string result_entry(const std::string& id, const std::string& request) {
  return resp::array(
      {resp::bulk(id), resp::bulks({"order", "o-" + request, "request", request, "status", "accepted"})});
}

// What XRANGE and XREVRANGE of the orders stream answer.
std::string requests(const std::vector<StreamEntry>& entries) {
  std::vector<std::string> texts;
  for (const StreamEntry& entry : entries) {
    texts.push_back(resp::array({resp::bulk(entry.id), resp::bulks(entry.fields)}));
  }
  return resp::array(texts);
}

std::string request_entry(const std::string& id) {
  return resp::array({resp::bulk(id), resp::bulks(order_entry(id).fields)});
}

TEST_CASE("a missing group is created at the first start and then everything is read") {
  LaneFixture test;
  test.fake.on("XREADGROUP").times(1).error(kNoGroup);
  test.fresh = {order_entry("1-0")};
  test.start();
  test.until([&] { return test.settled() == Requests{"1-0"}; }, "the order is settled");
  test.until_idle();
  CHECK(test.fake.count("EVALSHA restore 2 orders results orderd me 0-0 0-0") == 1);
  CHECK(test.logged("created the group 'orderd' at the first entry of 'orders'") == 1);
  CHECK(test.recoveries() == 2);  // the one that was refused, and the one behind the restore
}

TEST_CASE("a group that was lost is created behind the last settled request with the unsettled ones pending") {
  LaneFixture test;
  test.fake.on("XREADGROUP").times(1).error(kNoGroup);
  test.fake.on("HMGET orders:orderd:position settled results").reply(resp::bulks({"3-0", "30-0"}));
  test.fake.on("XREVRANGE results").reply(resp::array({result_entry("60-0", "6-0")}));
  test.fake.on("XRANGE results (30-0 60-0")
      .reply(resp::array({result_entry("40-0", "4-0"), result_entry("60-0", "6-0")}));
  test.fake.on("XINFO STREAM orders").reply(resp::bulks({"last-generated-id", "7-0"}));
  test.fake.on("XRANGE orders (3-0 6-0").reply(requests(order_entries(4, 6)));
  test.fake.on("EVALSHA restore").answer([&](const Received&) {
    test.pending = {order_entry("5-0")};
    return resp::bulk("created");
  });
  test.serve();
  CHECK(test.fake.count("EVALSHA restore 2 orders results orderd me 6-0 60-0 5-0") == 1);
  CHECK(test.settled() == Requests{"5-0"});
  CHECK(test.logged("created anew at 6-0, 1 entries before it pending again") == 1);
}

TEST_CASE("a group that is missing ends the lane where the settings say so") {
  LaneFixture test;
  test.options.create_group = false;
  test.fake.on("XREADGROUP").error(kNoGroup);
  test.start();
  test.until([&] { return !test.fatal.empty(); }, "the lane gives up");
  CHECK(test.fatal.front().find("the group 'orderd' of the stream 'orders' is missing") == 0);
  CHECK(test.fatal.front().find("XGROUP CREATE orders orderd <id> MKSTREAM") != std::string::npos);
  CHECK(test.fake.count("EVALSHA restore") == 0);
}

TEST_CASE("a group that disappears from under a waiting read is created anew") {
  LaneFixture test;
  test.serve();
  REQUIRE(test.fake.answer("XREADGROUP", resp::error(kNoGroup)));
  test.until([&] { return test.recoveries() == 2; }, "the recovery");
  test.until_idle();
  CHECK(test.fake.count("EVALSHA restore") == 1);
}

TEST_CASE("a chore that misses the group has it created") {
  LaneFixture test;
  test.options.claim_idle = Milliseconds(60);
  test.serve();
  test.fake.on("EVALSHA claim").times(1).error("NOGROUP No such consumer group");
  test.until([&] { return test.recoveries() == 2; }, "the recovery");
  test.until_idle();
  CHECK(test.fake.count("EVALSHA restore") == 1);
}

TEST_CASE("what was held when the group or its entry went is found settled or in the stream or is settled without it") {
  for (const std::string verdict : {"nogroup", "gone"}) {
    CAPTURE(verdict);
    LaneFixture test;
    test.serve();
    test.fake.on("EVALSHA settle").times(4).answer([&](const Received&) {
      test.pending.clear();
      return resp::bulk(verdict);
    });
    test.fake.on("XREVRANGE results").reply(resp::array({result_entry("10-0", "1-0")}));
    test.fake.on("XRANGE results - 10-0").reply(resp::array({result_entry("10-0", "1-0")}));
    test.fake.on("XRANGE orders 2-0 2-0").reply(requests(order_entries(2, 2)));
    test.fake.on("EVALSHA restore").answer([&](const Received&) {
      test.pending = {order_entry("2-0")};
      return resp::bulk("created");
    });
    test.deliver(order_entries(1, 4));
    test.until([&] { return test.settled().size() >= 7; }, "the orders are settled");
    test.until_idle();
    // 1 has its result already. 3 and 4 are nowhere else, in their order. 2 is delivered again.
    CHECK(test.settled() == Requests{"1-0", "2-0", "3-0", "4-0", "3-0", "4-0", "2-0"});
    std::vector<std::string> gates;
    for (const Received& command : test.fake.received()) {
      if (command.begins("EVALSHA settle")) gates.push_back(command.words.at(3 + 4 + 5));
    }
    CHECK(gates == std::vector<std::string>{"1", "1", "1", "1", "0", "0", "1"});
    CHECK(test.lane->counters().of(lane::Verdict::kAccepted) == 3);
    CHECK(test.lane->counters().of(verdict == "gone" ? lane::Verdict::kGone : lane::Verdict::kNoGroup) == 4);
  }
}

TEST_CASE("what was held of a stream that was begun anew is settled though its position is behind") {
  LaneFixture test;
  test.serve();
  test.fake.on("EVALSHA settle").times(1).answer([&](const Received&) {
    test.pending.clear();
    return resp::bulk("nogroup");
  });
  // The position is that of the stream before it, whose entries had higher ids.
  test.fake.on("HMGET orders:orderd:position settled results").reply(resp::bulks({"50-0", "500-0"}));
  test.fake.on("XINFO STREAM orders").reply(resp::bulks({"last-generated-id", "3-0"}));
  test.deliver(order_entries(2, 2));
  test.until([&] { return test.settled().size() == 2; }, "the order is settled");
  test.until_idle();
  CHECK(test.settled() == Requests{"2-0", "2-0"});
  CHECK(test.lane->counters().of(lane::Verdict::kAccepted) == 1);
}

TEST_CASE("where the results have grown since they were read they are read again from there") {
  LaneFixture test;
  test.fake.on("XREADGROUP").times(1).error(kNoGroup);
  test.fake.on("XREVRANGE results").reply(resp::array({result_entry("20-0", "2-0")}));
  test.fake.on("XREVRANGE results").times(1).reply(resp::array({result_entry("10-0", "1-0")}));
  test.fake.on("XRANGE orders - 1-0").reply(resp::array({request_entry("1-0")}));
  test.fake.on("XRANGE orders - 2-0").reply(resp::array({request_entry("1-0"), request_entry("2-0")}));
  test.fake.on("XRANGE results - 10-0").reply(resp::array({result_entry("10-0", "1-0")}));
  test.fake.on("XRANGE results (10-0 20-0").reply(resp::array({result_entry("20-0", "2-0")}));
  test.fake.on("XRANGE orders - 1-0").reply(requests(order_entries(1, 1)));
  test.fake.on("XRANGE orders - 2-0").reply(requests(order_entries(1, 2)));
  test.fake.on("EVALSHA restore").times(1).reply(resp::bulk("moved"));
  test.serve();
  CHECK(test.fake.count("EVALSHA restore 2 orders results orderd me 1-0 10-0") == 1);
  CHECK(test.fake.count("EVALSHA restore 2 orders results orderd me 2-0 20-0") == 1);
}

TEST_CASE("a restore that is refused is tried again and one that is cut off begins anew") {
  for (const std::string step : {"HMGET orders:orderd:position settled results", "XINFO STREAM", "XREVRANGE results",
                                 "XRANGE results", "XRANGE orders", "EVALSHA restore"}) {
    CAPTURE(step);
    for (const bool cut : {false, true}) {
      LaneFixture test;
      test.fake.on("XREADGROUP").times(cut ? 2 : 1).error(kNoGroup);
      auto& refusal = test.fake.on(step).times(1);
      if (cut) {
        refusal.close_after_bytes(0);
      } else {
        refusal.error("OOM command not allowed");
      }
      test.serve();
      CHECK(refusal.used() == 1);
      CHECK(test.fake.count("EVALSHA restore") == (step == "EVALSHA restore" ? 2 : 1));
      CHECK(test.logged("creating the group 'orderd' of 'orders': OOM") == (cut ? 0 : 1));
    }
  }
}

TEST_CASE("a restore that misses a group goes on too") {
  LaneFixture test;
  test.fake.on("XREADGROUP").times(1).error(kNoGroup);
  test.fake.on("EVALSHA restore").times(1).error("NOGROUP No such key");
  test.serve();
  CHECK(test.fake.count("EVALSHA restore") == 2);
}

TEST_CASE("a restore whose script is missing has the scripts loaded") {
  LaneFixture test;
  test.fake.on("XREADGROUP").times(1).error(kNoGroup);
  test.fake.on("EVALSHA restore").times(1).error("NOSCRIPT No matching script.");
  test.serve();
  CHECK(test.fake.count("SCRIPT LOAD") == 2 * lane::script_sources().size());
}

TEST_CASE("a group that is missing though it was created just now is not created in a tight loop") {
  for (const std::string answer : {"created", "exists"}) {
    CAPTURE(answer);
    LaneFixture test;
    test.fake.on("EVALSHA restore").reply(resp::bulk(answer));
    auto& missing = test.fake.on("XREADGROUP").error(kNoGroup);
    test.start();
    test.turn(Milliseconds(800));
    CHECK(test.fake.count("EVALSHA restore") <= 8);
    test.until([&] { return test.fake.count("EVALSHA restore") >= 2; }, "the second restore");
    missing.off();
    test.until_idle();
  }
}

TEST_CASE("orders that miss the group though it was created just now are not sent in a tight loop") {
  LaneFixture test;
  test.serve();
  auto& missing = test.fake.on("EVALSHA settle").reply(resp::bulk("nogroup"));
  test.deliver(order_entries(1, 2));
  test.turn(Milliseconds(800));
  CHECK(test.fake.count("EVALSHA restore") <= 8);
  test.until([&] { return test.fake.count("EVALSHA restore") >= 2; }, "the second restore");
  missing.off();
  test.until_idle();
  CHECK(test.lane->counters().of(lane::Verdict::kAccepted) == 2);
}

TEST_CASE("to finish inside a restore waits for what it held and is told once") {
  for (const bool found : {false, true}) {
    CAPTURE(found);
    LaneFixture test;
    test.serve();
    test.fake.on("EVALSHA settle").times(2).reply(resp::bulk("gone"));
    if (found) {
      test.fake.on("XRANGE orders 1-0 1-0").reply(requests(order_entries(1, 1)));
      test.fake.on("XRANGE orders 2-0 2-0").reply(requests(order_entries(2, 2)));
    }
    auto& held =
        test.fake.on("HMGET orders:orderd:position settled results").reply(resp::array({"$-1\r\n", "$-1\r\n"})).hold();
    test.deliver(order_entries(1, 2));
    test.until([&] { return test.fake.waits("HMGET orders:orderd:position settled results"); }, "the restore");
    test.lane->finish();
    test.turn(Milliseconds(5));
    CHECK(test.finished == 0);
    held.release();
    test.until([&] { return test.finished > 0; }, "the end");
    CHECK(test.settled().size() == (found ? 2 : 4));
    CHECK(test.lane->in_flight() == 0);
    test.turn(Milliseconds(60));
    CHECK(test.finished == 1);
  }
}

}  // namespace
}  // namespace orderd::test
