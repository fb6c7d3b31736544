// finish(): whatever the lane is doing, it stops reading, waits for what is in flight, releases the lease, and reports
// once that it is done.
#include <doctest/doctest.h>

#include "transport/lane_fixture.h"

namespace orderd::test {
namespace {

using Requests = std::vector<std::string>;

void until_finished(LaneFixture& test) {
  test.until([&] { return test.finished > 0; }, "the end");
  CHECK(test.status().in_flight == 0);
  CHECK(test.status().phase == lane::Phase::kEnded);
  // No activity afterwards.
  test.until([&] { return test.fake.standing() == 0; }, "the connections end");
  const std::size_t commands = test.fake.count("");
  test.turn(Milliseconds(70));
  CHECK(test.finished == 1);
  CHECK(test.fake.count("") == commands);
}

bool released(const LaneFixture& test) {
  for (const Received& command : test.fake.received()) {
    if (command.begins("EVALSHA lease") && command.words.at(command.words.size() - 2) == "release") return true;
  }
  return false;
}

TEST_CASE("finish before and while it connects") {
  LaneFixture test;
  SUBCASE("nobody listens") {
    test.fake.refuse();
    test.start();
  }
  SUBCASE("at once") {
    test.start();
  }
  SUBCASE("the handshake hangs") {
    test.fake.on("SCRIPT LOAD").silence();
    test.start();
    test.until([&] { return test.fake.waits("SCRIPT LOAD"); }, "the handshake");
  }
  test.lane->finish();
  until_finished(test);
  CHECK(test.fake.count("XREAD") == 0);
}

TEST_CASE("finish while it waits for orders releases the lease at once") {
  LaneFixture test;
  test.serve();
  const std::size_t reads = test.fake.count("XREAD");
  test.lane->finish();
  until_finished(test);
  CHECK(test.fake.count("XREAD") == reads);
  CHECK(released(test));
}

TEST_CASE("finish with requests in flight waits for them and leaves the rest in the stream") {
  LaneFixture test;
  test.serve();
  std::size_t held_calls = 0;
  auto& slow = test.fake.on("EVALSHA settle").hold();
  slow.answer([&](const Received& command) {
    const SettleCall call = settle_call(command);
    test.settled.insert(test.settled.end(), call.requests.begin(), call.requests.end());
    ++held_calls;
    return resp::bulk(std::string(call.requests.size(), 'a'));
  });
  test.deliver(order_entries(1, 3));
  test.until([&] { return held_calls == 1; }, "the requests are in flight");
  test.lane->finish();
  test.lane->finish();
  test.turn(Milliseconds(20));
  CHECK(test.finished == 0);
  CHECK_FALSE(released(test));
  slow.release();
  until_finished(test);
  CHECK(released(test));
  CHECK(test.status().counters.settled() == 3);
}

TEST_CASE("finish while a renewal of the lease is in flight still releases it") {
  LaneFixture test;
  test.options.lease = Milliseconds(60);
  test.serve();
  auto& slow = test.fake.on("EVALSHA lease").times(1).reply(resp::bulks({"active", "1"})).hold();
  test.until([&] { return slow.used() == 1; }, "the renewal");
  test.lane->finish();
  test.turn(Milliseconds(10));
  CHECK(test.finished == 0);
  slow.release();
  until_finished(test);
  CHECK(released(test));
}

TEST_CASE("finish while it is blocked or on standby ends") {
  LaneFixture test;
  SUBCASE("orders are refused") {
    test.serve();
    auto& refused = test.fake.on("EVALSHA settle").error("OOM command not allowed");
    test.deliver(order_entries(1, 2));
    test.until([&] { return refused.used() >= 3; }, "the requests are refused");
  }
  SUBCASE("reads are refused") {
    auto& refused = test.fake.on("XREAD").error("LOADING Valkey is loading the dataset in memory");
    test.start();
    test.until([&] { return refused.used() == 2; }, "the second attempt");
  }
  SUBCASE("the join hangs") {
    test.options.reply_timeout = Milliseconds(150);
    auto& held = test.fake.on("EVALSHA join").silence();
    test.start();
    test.until([&] { return held.used() == 1; }, "the join");
  }
  SUBCASE("another daemon is active") {
    test.owner = "other";
    test.start();
    test.until([&] { return test.fake.count("EVALSHA lease") == 2; }, "the second look");
  }
  test.lane->finish();
  until_finished(test);
}

TEST_CASE("finish with a server that stops replying ends when the connection times out") {
  LaneFixture test;
  test.options.reply_timeout = Milliseconds(150);
  test.serve();
  auto& silent = test.fake.on("EVALSHA settle").silence();
  test.deliver(order_entries(1, 2));
  test.until([&] { return silent.used() == 1; }, "the requests are in flight");
  test.lane->finish();
  CHECK(test.finished == 0);
  until_finished(test);
  CHECK(test.settled.empty());
}

TEST_CASE("finish when the connection is lost or while it waits to reconnect ends at once") {
  LaneFixture test;
  test.serve();
  SUBCASE("lost then") {
    auto& silent = test.fake.on("EVALSHA settle").silence();
    test.deliver(order_entries(1, 2));
    test.until([&] { return silent.used() == 1; }, "the requests are in flight");
    test.lane->finish();
    test.fake.close(test.settler());
  }
  SUBCASE("lost before") {
    test.fake.refuse();
    test.fake.close_all();
    test.until([&] { return test.logged("reconnecting") >= 1; }, "the loss");
    test.lane->finish();
    CHECK(test.finished == 1);
  }
  until_finished(test);
}

TEST_CASE("finish twice or inside its own event has no effect") {
  LaneFixture test;
  test.serve();
  test.on_finished_then = [&] { test.lane->finish(); };
  test.lane->finish();
  until_finished(test);
  test.lane->finish();
  CHECK(test.finished == 1);
}

TEST_CASE("a lane destroyed without finish releases everything") {
  LaneFixture test;
  SUBCASE("connecting") {
    test.start();
  }
  SUBCASE("idle") {
    test.serve();
  }
  SUBCASE("with requests in flight") {
    test.serve();
    auto& silent = test.fake.on("EVALSHA settle").silence();
    test.deliver(order_entries(1, 3));
    test.until([&] { return silent.used() == 1; }, "the requests are in flight");
  }
  SUBCASE("blocked") {
    test.serve();
    auto& refused = test.fake.on("EVALSHA settle").error("OOM command not allowed");
    test.deliver(order_entries(1, 3));
    test.until([&] { return refused.used() >= 2; }, "the requests are refused");
  }
  test.lane.reset();
  test.until([&] { return test.fake.standing() == 0; }, "the connections end");
  CHECK(test.finished == 0);
  CHECK(test.fatal.empty());
}

}  // namespace
}  // namespace orderd::test
