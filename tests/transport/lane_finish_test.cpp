// finish(): whatever the lane is at, it reads no more, settles what it holds, and says once that it is done.
#include <doctest/doctest.h>

#include "transport/lane_fixture.h"

namespace orderd::test {
namespace {

using Requests = std::vector<std::string>;

void until_finished(LaneFixture& test) {
  test.until([&] { return test.finished > 0; }, "the end");
  CHECK(test.lane->in_flight() == 0);
  // Nothing stirs afterwards.
  test.until([&] { return test.fake.standing() == 0; }, "the connections end");
  const std::size_t commands = test.fake.count("");
  test.turn(Milliseconds(70));
  CHECK(test.finished == 1);
  CHECK(test.fake.count("") == commands);
  CHECK(test.fake.standing() == 0);
}

TEST_CASE("to finish before and while it connects") {
  LaneFixture test;
  SUBCASE("nobody listens") {
    test.fake.refuse();
    test.start();
  }
  SUBCASE("at once") {
    test.start();
  }
  SUBCASE("the handshake hangs") {
    test.fake.on("CLIENT SETNAME").silence();
    test.start();
    test.until([&] { return test.fake.waits("CLIENT SETNAME"); }, "the handshake");
  }
  SUBCASE("one connection is up") {
    test.fake.on("SCRIPT LOAD").silence();
    test.start();
    test.until([&] { return test.fake.waits("SCRIPT LOAD") && test.fake.count("CLIENT SETNAME") == 2; },
               "the handshake");
  }
  test.lane->finish();
  until_finished(test);
  CHECK(test.fake.count("XREADGROUP") == 0);
}

TEST_CASE("to finish while it waits for orders lets the read run out and reads no more") {
  LaneFixture test;
  test.serve();
  const std::size_t reads = test.fake.count("XREADGROUP");
  test.lane->finish();
  until_finished(test);
  CHECK(test.fake.count("XREADGROUP") == reads);
}

TEST_CASE("to finish while the server holds a read back waits for it and settles what it brings") {
  for (const bool orders : {false, true}) {
    CAPTURE(orders);
    LaneFixture test;
    auto& held = test.fake.on("XREADGROUP").with(">").times(1).hold();
    if (orders) {
      held.reply(stream_reply(order_entries(1, 3)));
    } else {
      held.reply(resp::nil());
    }
    test.serve();
    test.lane->finish();
    test.turn(2 * lane::kReadBlock);
    CHECK(test.finished == 0);
    held.release();
    until_finished(test);
    CHECK(test.settled() == (orders ? Requests{"1-0", "2-0", "3-0"} : Requests{}));
  }
}

TEST_CASE("what comes into the read that runs out is settled before the end") {
  LaneFixture test;
  test.serve();
  test.lane->finish();
  test.deliver(order_entries(1, 3));
  until_finished(test);
  CHECK(test.settled() == Requests{"1-0", "2-0", "3-0"});
}

TEST_CASE("to finish with orders under way waits for them") {
  LaneFixture test;
  test.serve();
  auto& slow = test.fake.on("EVALSHA settle").reply(resp::bulk("accepted")).hold();
  test.deliver(order_entries(1, 3));
  test.until([&] { return test.settled().size() == 3; }, "the orders are under way");
  const std::size_t reads = test.fake.count("XREADGROUP");
  test.lane->finish();
  test.lane->finish();
  test.turn(Milliseconds(20));
  CHECK(test.finished == 0);
  slow.release();
  until_finished(test);
  CHECK(test.fake.count("XREADGROUP") == reads);
  CHECK(test.lane->counters().of(lane::Verdict::kAccepted) == 3);
}

TEST_CASE("to finish inside a recovery settles the page that was read and leaves the rest pending") {
  LaneFixture test;
  test.pending = order_entries(1, 40);
  auto& slow = test.fake.on("XREADGROUP").times(1).reply(stream_reply(order_entries(1, 16))).hold();
  test.start();
  test.until([&] { return test.fake.waits("XREADGROUP"); }, "the first page");
  test.lane->finish();
  test.turn(Milliseconds(10));
  slow.release();
  until_finished(test);
  CHECK(test.settled().size() == 16);
  CHECK(test.pending.size() == 24);
}

TEST_CASE("to finish while orders are held waits until they may be settled") {
  LaneFixture test;
  test.serve();
  test.fake.on("EVALSHA settle").times(4).error("OOM command not allowed");
  test.deliver(order_entries(1, 2));
  test.until([&] { return test.settled().size() >= 2; }, "the orders are refused");
  test.lane->finish();
  until_finished(test);
  CHECK(test.settled() == Requests{"1-0", "2-0", "1-0", "1-0", "1-0", "2-0"});
}

TEST_CASE("to finish while the scripts are loaded settles what was refused") {
  LaneFixture test;
  test.serve();
  test.fake.on("EVALSHA settle").times(2).error("NOSCRIPT No matching script.");
  auto& load = test.fake.on("SCRIPT LOAD").reply(resp::bulk("any")).hold();
  test.deliver(order_entries(1, 2));
  test.until([&] { return test.fake.waits("SCRIPT LOAD"); }, "the load");
  test.lane->finish();
  test.turn(Milliseconds(10));
  CHECK(test.finished == 0);
  load.release();
  until_finished(test);
  CHECK(test.settled() == Requests{"1-0", "2-0", "1-0", "2-0"});
}

TEST_CASE("to finish with a server that falls silent ends when the connection is given up") {
  LaneFixture test;
  test.options.reply_timeout = Milliseconds(150);
  test.serve();
  test.fake.on("EVALSHA settle").silence();
  test.fake.on("XREADGROUP").silence();
  test.deliver(order_entries(1, 2));
  test.until([&] { return test.settled().size() == 2; }, "the orders are under way");
  test.lane->finish();
  CHECK(test.finished == 0);
  until_finished(test);
  CHECK(test.settled().size() == 2);
  CHECK(test.pending.size() == 2);  // they are the server's to keep
}

TEST_CASE("to finish with a read that never ends ends when the reading connection is given up") {
  LaneFixture test;
  test.options.reply_timeout = Milliseconds(50);
  test.fake.on("XREADGROUP").with(">").silence();
  test.serve();
  test.lane->finish();
  until_finished(test);
  CHECK(test.logged("no reply for 300 ms") == 1);  // a read may wait for kReadBlock
}

TEST_CASE("to finish when the connection is lost leaves what was under way pending") {
  LaneFixture test;
  test.serve();
  test.fake.on("EVALSHA settle").silence();
  test.deliver(order_entries(1, 2));
  test.until([&] { return test.settled().size() == 2; }, "the orders are under way");
  test.lane->finish();
  test.fake.close(test.settler());
  until_finished(test);
  CHECK(test.pending.size() == 2);
}

TEST_CASE("to finish while it waits for a reconnect ends at once") {
  LaneFixture test;
  test.serve();
  test.fake.refuse();
  test.fake.close_all();
  test.until([&] { return test.logged("connecting again") >= 1; }, "the loss");
  test.lane->finish();
  CHECK(test.finished == 1);
  until_finished(test);
}

TEST_CASE("to finish while reads are refused ends") {
  LaneFixture test;
  test.fake.on("XREADGROUP").error("LOADING Valkey is loading the dataset in memory");
  test.start();
  test.until([&] { return test.fake.count("XREADGROUP") == 2; }, "the second try");
  test.lane->finish();
  until_finished(test);
}

TEST_CASE("to finish twice or inside its own event changes nothing") {
  LaneFixture test;
  test.serve();
  test.on_finished_then = [&] { test.lane->finish(); };
  test.lane->finish();
  until_finished(test);
  test.lane->finish();
  CHECK(test.finished == 1);
}

TEST_CASE("a lane that is destroyed without an end lets go of everything") {
  LaneFixture test;
  SUBCASE("connecting") {
    test.start();
  }
  SUBCASE("idle") {
    test.serve();
  }
  SUBCASE("with orders under way") {
    test.serve();
    test.fake.on("EVALSHA settle").silence();
    test.deliver(order_entries(1, 3));
    test.until([&] { return test.settled().size() == 3; }, "the orders are under way");
  }
  SUBCASE("with orders held") {
    test.serve();
    test.fake.on("EVALSHA settle").error("OOM command not allowed");
    test.deliver(order_entries(1, 3));
    test.until([&] { return test.settled().size() >= 4; }, "the first probe");
  }
  SUBCASE("in a restore") {
    test.fake.on("XREADGROUP").error("NOGROUP No such key");
    test.fake.on("HMGET orders:orderd:position settled results").silence();
    test.start();
    test.until([&] { return test.fake.waits("HMGET orders:orderd:position settled results"); }, "the restore");
  }
  test.lane.reset();
  test.until([&] { return test.fake.standing() == 0; }, "the connections end");
  CHECK(test.finished == 0);
  CHECK(test.fatal.empty());
}

}  // namespace
}  // namespace orderd::test
