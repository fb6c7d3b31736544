// Refusals: the chain breaks there, all later calls do nothing, and the lane reads on from the position. The fixture
// checks that no later request is settled first.
#include "transport/lane_fixture.h"

namespace orderd::test {
namespace {

using Requests = std::vector<std::string>;

const std::string kOutOfMemory = "OOM command not allowed when used memory > 'maxmemory'.";

Requests first_to(int last) {
  Requests requests;
  for (int i = 1; i <= last; ++i) requests.push_back(std::to_string(i) + "-0");
  return requests;
}

TEST_CASE_FIXTURE(LaneFixture,
                  "a call refused in the middle of the chain stops all after it and everything is settled in order") {
  const std::string error = each_of<std::string>(
      {kOutOfMemory, "MISCONF Errors writing to the AOF file", "NOREPLICAS Not enough good replicas to write.",
       "LOADING Valkey is loading the dataset in memory", "BUSY Valkey is busy running a script.",
       "TRYAGAIN Multiple keys request during rehashing of slot", "ASK 15495 127.0.0.1:1",
       "CLUSTERDOWN The cluster is down", "MASTERDOWN Link with MASTER is down",
       "ERR key x: Script attempted to access a non local key in a cluster node", "NOSCRIPT No matching script.",
       "WRONGTYPE key orders:dead: not a stream", "NOPERM key results: this user has no right to XDEL"});
  CAPTURE(error);
  stream = order_entries(1, 1);
  start();
  until_settled();  // it has served: no refusal ends it from now on
  for (const int after : {0, 1, 2}) {
    CAPTURE(after);
    fake.on("EVALSHA settle").after(static_cast<std::size_t>(after)).times(1).error(error);
    settles(16 * after + 2, 16 * after + 17);
  }
  CHECK(settled == first_to(49));
  CHECK(fatal.empty());
  CHECK(fake.standing() == 2);
}

TEST_CASE_FIXTURE(LaneFixture, "a lasting refusal is reported once, shown, retried, and its end is reported once") {
  serve();
  auto& refused = fake.on("EVALSHA settle").error(kOutOfMemory);
  deliver(order_entries(1, 3));
  until_used(refused, 4);
  CHECK(status().blocked_by == kOutOfMemory);
  refused.off();
  until_settled();
  CHECK(logged("waiting: OOM command not allowed") == 1);
  CHECK(logged("processing resumed") == 1);
  CHECK(status().blocked_by.empty());
}

TEST_CASE_FIXTURE(LaneFixture, "a command that the server lacks is blamed, not a key") {
  serve();
  fake.on("EVALSHA settle").error("ERR key orders:position: Unknown command called from script");
  deliver(order_entries(1, 1));
  until(
      [&] {
        return logged("waiting: ERR key orders:position: Unknown command called from script; orderd needs a command") ==
               1;
      },
      "it is reported");
  CHECK(logged("Fix or delete this key") == 0);
}

TEST_CASE_FIXTURE(LaneFixture, "retention continues while the lane is blocked because it frees memory") {
  options.retention_orders = Milliseconds(1000);
  serve();
  fake.on("EVALSHA join").error(kOutOfMemory);
  fake.on("EVALSHA settle").error(kOutOfMemory);
  deliver(order_entries(1, 1));
  until_phase(lane::Phase::kBlocked);
  until_count("EVALSHA trim", fake.count("EVALSHA trim") + 3);
  CHECK(settled.empty());
}

TEST_CASE_FIXTURE(LaneFixture, "after a lasting error requests go one by one so that only the bad one blocks") {
  serve();
  // Request 3-0 cannot be settled in any call.
  auto& stuck = fake.on("EVALSHA settle").with("3-0").error("WRONGTYPE key orders:dead: not a stream");
  deliver(order_entries(1, 4));
  until([&] { return position == "2-0" && stuck.used() >= 4; }, "those before it are settled");
  CHECK(logged("cannot process orders: WRONGTYPE key orders:dead: not a stream. Fix or delete this key") == 1);
  CHECK(calls().back().requests == Requests{"3-0"});
  stuck.off();
  until_settled();
  settles(5, 8);
  CHECK(settled == first_to(8));
  CHECK(calls().back().requests.size() == 4);
}

TEST_CASE_FIXTURE(LaneFixture, "lost scripts are loaded again, and if that does not help the lane waits") {
  serve();
  const std::size_t loads = fake.count("SCRIPT LOAD");
  fake.on("EVALSHA settle").times(3).error("NOSCRIPT No matching script. Please use EVAL.");
  settles(1, 12);
  CHECK(fake.count("SCRIPT LOAD") == 2 * loads);
  CHECK(settled == first_to(12));
  CHECK(fake.accepted() == 2);
  CHECK(logged("NOSCRIPT") == 0);
  fake.on("EVALSHA settle").times(4).error("NOSCRIPT No matching script.");
  settles(13, 13);
  CHECK(logged("waiting: NOSCRIPT") == 1);
}

TEST_CASE_FIXTURE(LaneFixture, "a lost lease script is loaded again, too") {
  options.lease = Milliseconds(60);
  serve();
  fake.on("EVALSHA lease").times(1).error("NOSCRIPT No matching script.");
  until_count("SCRIPT LOAD", 2 * fake.count("SCRIPT LOAD"));
  settles(1, 3);
}

TEST_CASE_FIXTURE(LaneFixture, "a position that was moved is read again and requests continue from there") {
  stream = order_entries(1, 4);
  start();
  until_settled();
  position = "5-0";  // as by a second daemon
  settled.push_back("5-0");
  settles(5, 8);
  CHECK(settled == first_to(8));
  CHECK(status().counters.joins == 2);
}

TEST_CASE_FIXTURE(LaneFixture, "a position that keeps moving causes no tight loop") {
  serve();
  auto& moved = fake.on("EVALSHA settle").reply(resp::bulk("moved"));
  deliver(order_entries(1, 2));
  turn(Milliseconds(700));
  CHECK(moved.used() <= 8);
  CHECK(logged("another process keeps moving the position") == 1);
  moved.off();
  until_settled();
}

TEST_CASE_FIXTURE(LaneFixture, "an unknown reply stops the chain and nothing counts as settled") {
  const std::string garbage = each_of({resp::bulk("aaaaa"), resp::bulk(""), resp::bulk("x"), resp::bulk("aa"),
                                       resp::integer(1), resp::nil(), resp::array({}), resp::simple("OK")});
  CAPTURE(garbage);
  serve();
  fake.on("EVALSHA settle").times(1).reply(garbage);
  settles(1, 1);
  CHECK(settled == Requests{"1-0"});
  CHECK(logged("an answer that this version does not know") == 1);
  CHECK(status().counters.settled() == 1);
}

TEST_CASE_FIXTURE(LaneFixture, "an invalid reply to a read ends the link and nothing of it is settled") {
  const auto one_entry = [](const std::string& entry) {
    return resp::array({resp::array({resp::bulk("orders"), resp::array({entry})})});
  };
  const std::string garbage = each_of({
      one_entry(resp::array({resp::bulk("1-0"), resp::bulks({"id", "o-1", "sku"})})),
      one_entry(resp::array({resp::bulk("1-0")})), one_entry(resp::bulk("1-0")),
      one_entry(resp::array({resp::integer(1), resp::bulks({})})),
      resp::array({resp::array({resp::bulk("orders"), resp::bulk("1-0")})}), resp::array({}), resp::simple("OK"),
      resp::integer(42), stream_reply(order_entries(1, 17)),  // 16 were requested
  });
  CAPTURE(garbage);
  fake.on("XREAD").times(2).reply(garbage);
  serve();
  CHECK(settled.empty());
  CHECK(fake.accepted() == 6);
  settles(1, 1);
}

TEST_CASE_FIXTURE(LaneFixture, "a join with an invalid reply is retried") {
  const std::string garbage = each_of({resp::simple("OK"), resp::array({}), resp::bulks({""}), resp::integer(1)});
  CAPTURE(garbage);
  stream = order_entries(1, 2);
  fake.on("EVALSHA join").times(2).reply(garbage);
  start();
  until_settled();
  CHECK(fake.count("EVALSHA join") == 3);
}

}  // namespace
}  // namespace orderd::test
