// finish(): whatever the lane is doing, it stops reading, waits for what is in flight, releases the lease, and reports
// once that it is done. Destroyed instead, it releases everything at once.
#include <doctest/doctest.h>

#include "transport/lane_fixture.h"

namespace orderd::test {
namespace {

class FinishFixture : public LaneFixture {
 public:
  void until_finished() {
    until([&] { return finished > 0; }, "the end");
    CHECK(status().in_flight == 0);
    CHECK(status().phase == lane::Phase::kEnded);
    // No activity afterwards.
    until([&] { return fake.standing() == 0; }, "the connections end");
    const std::size_t commands = fake.count("");
    turn(Milliseconds(2000));
    CHECK(finished == 1);
    CHECK(fake.count("") == commands);
  }
  [[nodiscard]] bool released() const {
    for (const Received& command : fake.received()) {
      if (command.begins("EVALSHA lease") && command.words.at(command.words.size() - 2) == "release") return true;
    }
    return false;
  }
  // Serves, and gets requests whose call is not answered.
  void serve_in_flight() {
    serve();
    auto& silent = fake.on("EVALSHA settle").silence();
    deliver(order_entries(1, 3));
    until([&] { return silent.used() == 1; }, "the requests are in flight");
  }
};

// What a lane may be doing when it is finished or destroyed.
struct Situation {
  const char* name;
  void (*enter)(FinishFixture& test);
};
const Situation kSituations[] = {
    {"nobody listens",
     [](FinishFixture& test) {
       test.fake.refuse();
       test.start();
     }},
    {"it connects", [](FinishFixture& test) { test.start(); }},
    {"the handshake hangs",
     [](FinishFixture& test) {
       test.fake.on("SCRIPT LOAD").silence();
       test.start();
       test.until([&] { return test.fake.waits("SCRIPT LOAD"); }, "the handshake");
     }},
    {"it waits for requests", [](FinishFixture& test) { test.serve(); }},
    {"requests are in flight", [](FinishFixture& test) { test.serve_in_flight(); }},
    {"requests are refused",
     [](FinishFixture& test) {
       test.serve();
       auto& refused = test.fake.on("EVALSHA settle").error("OOM command not allowed");
       test.deliver(order_entries(1, 2));
       test.until([&] { return refused.used() >= 3; }, "the requests are refused");
     }},
    {"reads are refused",
     [](FinishFixture& test) {
       auto& refused = test.fake.on("XREAD").error("LOADING Valkey is loading the dataset in memory");
       test.start();
       test.until([&] { return refused.used() == 2; }, "the second attempt");
     }},
    {"the join hangs",
     [](FinishFixture& test) {
       auto& held = test.fake.on("EVALSHA join").silence();
       test.start();
       test.until([&] { return held.used() == 1; }, "the join");
     }},
    {"another daemon is active",
     [](FinishFixture& test) {
       test.owner = "other";
       test.start();
       test.until([&] { return test.fake.count("EVALSHA lease") == 2; }, "the second look");
     }},
    {"it waits to reconnect",
     [](FinishFixture& test) {
       test.serve();
       test.fake.refuse();
       test.fake.close_all();
       test.until([&] { return test.logged("reconnecting") >= 1; }, "the loss");
     }},
};

TEST_CASE_FIXTURE(FinishFixture, "a lane can be finished or destroyed whatever it is doing") {
  // A server that stops replying is waited for until the connection times out.
  options.reply_timeout = Milliseconds(150);
  for (const Situation& situation : kSituations) {
    SUBCASE(situation.name) {
      situation.enter(*this);
      const bool reads = fake.count("XREAD") > 0;
      SUBCASE("finished") {
        lane->finish();
        until_finished();
      }
      SUBCASE("destroyed") {
        lane.reset();
        until([&] { return fake.standing() == 0; }, "the connections end");
        CHECK(finished == 0);
        CHECK(fatal.empty());
      }
      if (!reads) CHECK(fake.count("XREAD") == 0);
      CHECK(settled.empty());
    }
  }
}

TEST_CASE_FIXTURE(FinishFixture, "finish while it waits for requests or to reconnect is done at once") {
  serve();
  const std::size_t reads = fake.count("XREAD");
  SUBCASE("for requests") {
    lane->finish();
    until_finished();
    CHECK(fake.count("XREAD") == reads);
    CHECK(released());
  }
  SUBCASE("to reconnect") {
    fake.refuse();
    fake.close_all();
    until([&] { return logged("reconnecting") >= 1; }, "the loss");
    lane->finish();
    CHECK(finished == 1);
  }
}

TEST_CASE_FIXTURE(FinishFixture, "finish with requests in flight waits for them and leaves the rest in the stream") {
  serve();
  auto& slow = hold_settle();
  deliver(order_entries(1, 3));
  until([&] { return slow.used() == 1; }, "the requests are in flight");
  lane->finish();
  lane->finish();
  turn(Milliseconds(20));
  CHECK(finished == 0);
  CHECK_FALSE(released());
  slow.release();
  until_finished();
  CHECK(released());
  CHECK(status().counters.settled() == 3);
}

TEST_CASE_FIXTURE(FinishFixture, "finish while a renewal of the lease is in flight still releases it") {
  options.lease = Milliseconds(60);
  serve();
  auto& slow = fake.on("EVALSHA lease").times(1).reply(resp::bulks({"active", "1"})).hold();
  until([&] { return slow.used() == 1; }, "the renewal");
  lane->finish();
  turn(Milliseconds(10));
  CHECK(finished == 0);
  slow.release();
  until_finished();
  CHECK(released());
}

TEST_CASE_FIXTURE(FinishFixture, "finish ends when the connection is lost with requests in flight") {
  serve_in_flight();
  lane->finish();
  CHECK(finished == 0);
  fake.close(settler());
  until_finished();
}

TEST_CASE_FIXTURE(FinishFixture, "finish twice or inside its own event has no effect") {
  serve();
  on_finished_then = [&] { lane->finish(); };
  lane->finish();
  until_finished();
  lane->finish();
  CHECK(finished == 1);
}

}  // namespace
}  // namespace orderd::test
