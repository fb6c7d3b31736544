// Own pending entries are read at the start and at every reconnect of either connection, and only when the table is
// empty.
#include <doctest/doctest.h>

#include "transport/lane_fixture.h"

namespace orderd::test {
namespace {

using Requests = std::vector<std::string>;

TEST_CASE("own pending entries come before new ones") {
  LaneFixture test;
  test.pending = order_entries(1, 3);
  test.fresh = {order_entry("4-0"), order_entry("5-0")};
  test.start();
  test.until([&] { return test.settled().size() == 5; }, "the orders");
  test.until_idle();
  CHECK(test.settled() == Requests{"1-0", "2-0", "3-0", "4-0", "5-0"});
  CHECK(test.reads() == Requests{"0-0", "3-0", ">"});
  CHECK(test.lane->counters().recoveries == 1);
}

TEST_CASE("many own pending entries are read page by page") {
  LaneFixture test;
  test.pending = order_entries(1, 100);
  test.start();
  test.until([&] { return test.settled().size() == 100; }, "the orders");
  test.until_idle();
  CHECK(test.recoveries() == 1);
  CHECK(test.reads().size() >= 100 / 16);
  Requests expected;
  for (const StreamEntry& entry : order_entries(1, 100)) expected.push_back(entry.id);
  CHECK(test.settled() == expected);
}

TEST_CASE("when the reading connection is lost own pending entries are read again as soon as the table is empty") {
  LaneFixture test;
  test.serve();
  auto& slow = test.fake.on("EVALSHA settle")
                   .times(2)
                   .answer([&](const Received&) {
                     test.pending.clear();
                     return resp::bulk("accepted");
                   })
                   .hold();
  test.deliver(order_entries(1, 2));
  test.until([&] { return test.settled().size() == 2; }, "the orders are under way");
  const std::size_t settler = test.settler();
  test.fake.close(test.reader());
  test.until([&] { return test.fake.count("CLIENT SETNAME") == 3; }, "the reconnect");
  test.turn(Milliseconds(20));
  CHECK(test.recoveries() == 1);
  slow.release();
  test.until([&] { return test.recoveries() == 2; }, "the recovery");
  test.until_idle();
  CHECK(test.settled() == Requests{"1-0", "2-0"});
  CHECK(test.settler() == settler);
}

TEST_CASE("when the settling connection is lost the waiting read runs out and what was under way is settled again") {
  LaneFixture test;
  test.serve();
  test.fake.on("EVALSHA settle").times(2).silence();
  test.deliver(order_entries(1, 2));
  test.until([&] { return test.settled().size() == 2 && test.fake.waits("XREADGROUP"); }, "the orders are under way");
  const std::size_t reader = test.reader();
  test.fake.close(test.settler());
  test.until([&] { return test.recoveries() == 2; }, "the recovery");
  test.until_idle();
  CHECK(test.settled() == Requests{"1-0", "2-0", "1-0", "2-0"});
  CHECK(test.reader() == reader);
}

TEST_CASE("entries that are delivered while there is no settling connection are read again") {
  LaneFixture test;
  test.serve();
  test.fake.on("SCRIPT LOAD").times(1).reply(resp::bulk("settle")).hold();
  test.fake.close(test.settler());
  test.until([&] { return test.fake.waits("SCRIPT LOAD"); }, "the settling connection is on its way");
  test.deliver(order_entries(1, 2));
  test.turn(Milliseconds(10));
  CHECK(test.settled().empty());
  REQUIRE(test.fake.answer("SCRIPT LOAD", resp::bulk("settle")));
  test.until([&] { return test.settled().size() == 2; }, "the orders");
  test.until_idle();
  CHECK(test.settled() == Requests{"1-0", "2-0"});
}

TEST_CASE("when both connections are lost at once everything is read again just once") {
  LaneFixture test;
  test.serve();
  test.fake.on("EVALSHA settle").times(3).silence();
  test.deliver(order_entries(1, 3));
  test.until([&] { return test.settled().size() == 3; }, "the orders are under way");
  test.fake.close_all();
  test.until([&] { return test.recoveries() == 2; }, "the recovery");
  test.until_idle();
  CHECK(test.settled() == Requests{"1-0", "2-0", "3-0", "1-0", "2-0", "3-0"});
  CHECK(test.recoveries() == 2);
}

TEST_CASE("connections that did their work come back soon however often they are lost") {
  LaneFixture test;
  test.serve();
  const uint64_t begin_ms = test.loop.now_ms();
  for (int i = 1; i <= 8; ++i) {
    test.deliver(order_entries(i, i));
    test.until_idle();
    const std::size_t recoveries = test.recoveries();
    test.fake.close_all();
    test.until([&] { return test.recoveries() > recoveries; }, "the recovery");
    test.until_idle();
  }
  CHECK(test.loop.now_ms() - begin_ms < 4000);  // with waits that grow it would be 5675 at least
}

TEST_CASE("a connection that is lost inside a recovery begins it anew") {
  for (const bool reading : {true, false}) {
    CAPTURE(reading);
    LaneFixture test;
    test.pending = order_entries(1, 40);
    auto& slow = test.fake.on("EVALSHA settle").after(20).times(1).silence();
    test.start();
    test.until([&] { return slow.used() == 1; }, "the middle of the recovery");
    test.fake.close(reading ? test.reader() : test.settler());
    if (reading) REQUIRE(test.fake.answer("EVALSHA settle", resp::bulk("stale")));
    test.until_idle();
    CHECK(test.pending.empty());
    CHECK(test.recoveries() == 2);
  }
}

TEST_CASE("a settling connection whose server falls silent is given up and its orders are read again") {
  LaneFixture test;
  test.options.reply_timeout = Milliseconds(150);
  test.serve();
  test.fake.on("EVALSHA settle").times(2).silence();
  test.deliver(order_entries(1, 2));
  test.until([&] { return test.settled().size() == 4; }, "the orders are settled");
  test.until_idle();
  CHECK(test.settled() == Requests{"1-0", "2-0", "1-0", "2-0"});
  CHECK(test.logged("no reply for 150 ms; connecting again") == 1);
}

TEST_CASE("entries of a read whose reply is cut off are read as our own") {
  LaneFixture test;
  test.fake.on("XREADGROUP").with(">").times(1).close_after_bytes(60).answer([&](const Received&) {
    test.pending = order_entries(1, 2);
    return stream_reply(test.pending);
  });
  test.start();
  test.until([&] { return test.settled().size() == 2; }, "the orders");
  test.until_idle();
  CHECK(test.settled() == Requests{"1-0", "2-0"});
  CHECK(test.recoveries() == 2);
}

TEST_CASE("replies that come byte by byte are settled like others") {
  LaneFixture test;
  test.fake.on("XREADGROUP").with("0-0").times(1).reply(stream_reply(order_entries(1, 2))).slice(1);
  test.fake.on("EVALSHA settle").reply(resp::bulk("accepted")).slice(1);
  test.start();
  test.until_idle();
  CHECK(test.settled() == Requests{"1-0", "2-0"});
  CHECK(test.lane->counters().of(lane::Verdict::kAccepted) == 2);
}

TEST_CASE("a pending entry that was deleted from the stream is refused as lost") {
  LaneFixture test;
  test.pending = {{"1-0", {}}, order_entry("2-0"), {"3-0", {}}};
  test.serve();
  std::vector<std::vector<std::string>> refusals;
  for (const Received& command : test.fake.received()) {
    if (command.begins("EVALSHA refuse")) refusals.push_back(command.words);
  }
  REQUIRE(refusals.size() == 2);
  CHECK(refusals[0] == std::vector<std::string>{"EVALSHA", "refuse", "3", "orders", "results", "orders:dead", "orderd",
                                                "1-0", "1", "", "request_lost", "", ""});
  CHECK(refusals[1].at(7) == "3-0");
  CHECK(test.lane->counters().of(lane::Verdict::kRequestLost) == 2);
  CHECK(test.settled() == Requests{"1-0", "2-0", "3-0"});
}

TEST_CASE("a malformed entry is refused with its raw fields in its turn") {
  LaneFixture test;
  test.serve();
  test.deliver({order_entry("1-0"), {"2-0", {"id", "o-2", "sku", "shoe", "quantity", "none"}}, order_entry("3-0")});
  test.until_idle();
  CHECK(test.settled() == Requests{"1-0", "2-0", "3-0"});
  CHECK(test.lane->counters().of(lane::Verdict::kMalformed) == 1);
}

TEST_CASE("an order that somebody else has settled is let go") {
  LaneFixture test;
  test.serve();
  test.fake.on("EVALSHA settle").times(1).answer([&](const Received&) {
    test.pending.clear();
    return resp::bulk("stale");
  });
  test.deliver(order_entries(1, 1));
  test.until_idle();
  CHECK(test.settled() == Requests{"1-0"});
  CHECK(test.lane->counters().of(lane::Verdict::kStale) == 1);
  CHECK(test.lane->counters().settled() == 0);
}

TEST_CASE("entries that were claimed from a dead consumer are read as our own") {
  LaneFixture test;
  test.options.claim_idle = Milliseconds(60);
  test.serve();
  test.fake.on("EVALSHA claim").times(1).answer([&](const Received&) {
    test.pending = order_entries(1, 2);
    return resp::array({resp::bulk("0-0"), resp::integer(2), resp::integer(1)});
  });
  test.until([&] { return test.settled().size() == 2; }, "the orders of the other consumer");
  test.until_idle();
  CHECK(test.lane->counters().claimed == 2);
  CHECK(test.lane->counters().of(lane::Verdict::kRequestLost) == 1);
  CHECK(test.recoveries() == 2);
}

TEST_CASE("a long claim goes on where it stopped") {
  LaneFixture test;
  test.options.claim_idle = Milliseconds(60);
  test.serve();
  test.fake.on("EVALSHA claim").times(1).reply(resp::array({resp::bulk("77-0"), resp::integer(0), resp::integer(0)}));
  test.until([&] { return test.fake.count("EVALSHA claim 2 orders results orderd me 60 77-0") == 1; }, "the next part");
}

}  // namespace
}  // namespace orderd::test
