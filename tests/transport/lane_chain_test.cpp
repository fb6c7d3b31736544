// Refusals: the chain breaks there, all later calls do nothing, and the lane reads on from the position. The fixture
// checks that no later request is settled first.
#include <doctest/doctest.h>

#include "transport/lane_fixture.h"

namespace orderd::test {
namespace {

using Requests = std::vector<std::string>;

Requests first_to(int last) {
  Requests requests;
  for (int i = 1; i <= last; ++i) requests.push_back(std::to_string(i) + "-0");
  return requests;
}

TEST_CASE("a call refused in the middle of the chain stops all after it and everything is settled in order") {
  for (const std::string error :
       {"OOM command not allowed when used memory > 'maxmemory'.", "MISCONF Errors writing to the AOF file",
        "NOREPLICAS Not enough good replicas to write.", "LOADING Valkey is loading the dataset in memory",
        "BUSY Valkey is busy running a script.", "TRYAGAIN Multiple keys request during rehashing of slot",
        "ASK 15495 127.0.0.1:1", "CLUSTERDOWN The cluster is down", "MASTERDOWN Link with MASTER is down",
        "ERR key x: Script attempted to access a non local key in a cluster node", "NOSCRIPT No matching script.",
        "WRONGTYPE key orders:dead: not a stream", "NOPERM key results: this user has no right to XDEL"}) {
    for (const std::size_t after : {0U, 1U, 2U}) {
      CAPTURE(error);
      CAPTURE(after);
      LaneFixture test;
      test.stream = order_entries(1, 1);
      test.start();
      test.until_settled();  // it has served: no refusal ends it from now on
      test.fake.on("EVALSHA settle").after(after).times(1).error(error);
      test.deliver(order_entries(2, 17));
      test.until_settled();
      CHECK(test.settled == first_to(17));
      CHECK(test.fatal.empty());
      CHECK(test.fake.standing() == 2);
    }
  }
}

TEST_CASE("a lasting refusal is reported once, retried, and its end is reported once") {
  LaneFixture test;
  test.serve();
  test.fake.on("EVALSHA settle").times(4).error("OOM command not allowed when used memory > 'maxmemory'.");
  test.deliver(order_entries(1, 3));
  test.until_settled();
  CHECK(test.logged("waiting: OOM command not allowed") == 1);
  CHECK(test.logged("processing resumed") == 1);
  CHECK(test.status().blocked_by.empty());
}

TEST_CASE("retention continues while the lane is blocked because it frees memory") {
  LaneFixture test;
  test.options.retention_orders = Milliseconds(1000);
  test.serve();
  test.fake.on("EVALSHA join").error("OOM command not allowed when used memory > 'maxmemory'.");
  test.fake.on("EVALSHA settle").error("OOM command not allowed when used memory > 'maxmemory'.");
  test.deliver(order_entries(1, 1));
  test.until([&] { return test.status().phase == lane::Phase::kBlocked; }, "it is blocked");
  const std::size_t before = test.fake.count("EVALSHA trim");
  test.until([&] { return test.fake.count("EVALSHA trim") >= before + 3; }, "more trims");
  CHECK(test.settled.empty());
}

TEST_CASE("the status shows the reason while the lane is blocked") {
  LaneFixture test;
  test.serve();
  auto& refused = test.fake.on("EVALSHA settle").error("OOM command not allowed");
  test.deliver(order_entries(1, 1));
  test.until([&] { return refused.used() >= 3; }, "it is refused");
  CHECK(test.status().blocked_by == "OOM command not allowed");
  refused.off();
  test.until_settled();
}

TEST_CASE("after a lasting error requests go one by one so that the blocking one is named and none before it waits") {
  LaneFixture test;
  test.serve();
  // Request 3-0 cannot be settled in any call.
  auto& stuck = test.fake.on("EVALSHA settle").with("3-0").error("WRONGTYPE key orders:dead: not a stream");
  test.deliver(order_entries(1, 4));
  test.until([&] { return test.position == "2-0" && stuck.used() >= 4; }, "those before it are settled");
  CHECK(test.logged("cannot process orders: WRONGTYPE key orders:dead: not a stream. Fix or delete this key") == 1);
  CHECK(test.calls().back().requests == Requests{"3-0"});
  stuck.off();
  test.until_settled();
  CHECK(test.settled == first_to(4));
  test.deliver(order_entries(5, 8));
  test.until_settled();
  CHECK(test.calls().back().requests.size() == 4);
}

TEST_CASE("scripts that the server has lost are loaded again and the lane reads on from the position") {
  LaneFixture test;
  test.serve();
  const std::size_t loads = test.fake.count("SCRIPT LOAD");
  test.fake.on("EVALSHA settle").times(3).error("NOSCRIPT No matching script. Please use EVAL.");
  test.deliver(order_entries(1, 12));
  test.until_settled();
  CHECK(test.fake.count("SCRIPT LOAD") == 2 * loads);
  CHECK(test.settled == first_to(12));
  CHECK(test.fake.accepted() == 2);
  CHECK(test.logged("NOSCRIPT") == 0);
}

TEST_CASE("when loading the scripts does not help the lane waits and reports it") {
  LaneFixture test;
  test.serve();
  test.fake.on("EVALSHA settle").times(4).error("NOSCRIPT No matching script.");
  test.deliver(order_entries(1, 1));
  test.until_settled();
  CHECK(test.logged("waiting: NOSCRIPT") == 1);
}

TEST_CASE("a lost lease script is loaded again, too") {
  LaneFixture test;
  test.options.lease = Milliseconds(60);
  test.serve();
  test.fake.on("EVALSHA lease").times(1).error("NOSCRIPT No matching script.");
  const std::size_t loads = test.fake.count("SCRIPT LOAD");
  test.until([&] { return test.fake.count("SCRIPT LOAD") == 2 * loads; }, "the scripts are loaded");
  test.deliver(order_entries(1, 3));
  test.until_settled();
}

TEST_CASE("a position that was moved is read again and requests continue from there") {
  LaneFixture test;
  test.stream = order_entries(1, 4);
  test.start();
  test.until_settled();
  test.position = "5-0";  // as by a second daemon
  test.settled.push_back("5-0");
  test.deliver(order_entries(5, 8));
  test.until_settled();
  CHECK(test.settled == first_to(8));
  CHECK(test.status().counters.joins == 2);
}

TEST_CASE("a position that keeps moving causes no tight loop") {
  LaneFixture test;
  test.serve();
  auto& moved = test.fake.on("EVALSHA settle").reply(resp::bulk("moved"));
  test.deliver(order_entries(1, 2));
  test.turn(Milliseconds(700));
  CHECK(moved.used() <= 8);
  CHECK(test.logged("somebody else moves the position") == 1);
  moved.off();
  test.until_settled();
}

TEST_CASE("an unknown reply stops the chain and nothing counts as settled") {
  for (const std::string& garbage : {resp::bulk("aaaaa"), resp::bulk(""), resp::bulk("x"), resp::bulk("aa"),
                                     resp::integer(1), resp::nil(), resp::array({}), resp::simple("OK")}) {
    CAPTURE(garbage);
    LaneFixture test;
    test.serve();
    test.fake.on("EVALSHA settle").times(1).reply(garbage);
    test.deliver(order_entries(1, 1));
    test.until_settled();
    CHECK(test.settled == Requests{"1-0"});
    CHECK(test.logged("an answer that this version does not know") == 1);
    CHECK(test.status().counters.settled() == 1);
  }
}

TEST_CASE("an invalid reply to a read ends the link and nothing of it is settled") {
  const auto one_entry = [](const std::string& entry) {
    return resp::array({resp::array({resp::bulk("orders"), resp::array({entry})})});
  };
  for (const std::string& garbage : {
           one_entry(resp::array({resp::bulk("1-0"), resp::bulks({"id", "o-1", "sku"})})),
           one_entry(resp::array({resp::bulk("1-0")})), one_entry(resp::bulk("1-0")),
           one_entry(resp::array({resp::integer(1), resp::bulks({})})),
           resp::array({resp::array({resp::bulk("orders"), resp::bulk("1-0")})}), resp::array({}), resp::simple("OK"),
           resp::integer(42), stream_reply(order_entries(1, 17)),  // 16 were requested
       }) {
    CAPTURE(garbage);
    LaneFixture test;
    test.fake.on("XREAD").times(2).reply(garbage);
    test.serve();
    CHECK(test.settled.empty());
    CHECK(test.fake.accepted() == 6);
    test.deliver(order_entries(1, 1));
    test.until_settled();
  }
}

TEST_CASE("a join with an invalid reply is retried") {
  for (const std::string& garbage : {resp::simple("OK"), resp::array({}), resp::bulks({""}), resp::integer(1)}) {
    CAPTURE(garbage);
    LaneFixture test;
    test.stream = order_entries(1, 2);
    test.fake.on("EVALSHA join").times(2).reply(garbage);
    test.start();
    test.until_settled();
    CHECK(test.fake.count("EVALSHA join") == 3);
  }
}

}  // namespace
}  // namespace orderd::test
