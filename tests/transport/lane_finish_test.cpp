// finish(): whatever the lane is doing, it stops reading, waits for what is in flight, releases the lease, and reports
// once that it is done. Destroyed instead, it releases everything at once.
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
    until_disconnected();
    const std::size_t commands = fake.count("");
    turn(Milliseconds(2000));
    CHECK(finished == 1);
    CHECK(fake.count("") == commands);
  }
  [[nodiscard]] bool released() const {
    return std::any_of(fake.received().begin(), fake.received().end(),
                       [](const Received& command) { return command.begins("EVALSHA lease") && is_release(command); });
  }
  void lose_link() {
    fake.refuse();
    fake.close_all();
    until([&] { return logged("reconnecting") >= 1; }, "the loss");
  }
  // Serves, and gets requests whose call is not answered.
  void serve_in_flight() {
    serve();
    auto& silent = fake.on("EVALSHA settle").silence();
    deliver(order_entries(1, 3));
    until_used(silent, 1);
  }
  // Each thing that a lane may be doing when it is finished or destroyed.
  void enter_each_situation() {
    SUBCASE("nobody listens") {
      fake.refuse();
      start();
    }
    SUBCASE("it connects") start();
    SUBCASE("the handshake hangs") {
      fake.on("SCRIPT LOAD").silence();
      start();
      until_waits("SCRIPT LOAD");
    }
    SUBCASE("it waits for requests") serve();
    SUBCASE("requests are in flight") serve_in_flight();
    SUBCASE("requests are refused") {
      serve();
      auto& refused = fake.on("EVALSHA settle").error("OOM command not allowed");
      deliver(order_entries(1, 2));
      until_used(refused, 3);
    }
    SUBCASE("reads are refused") {
      auto& refused = fake.on("XREAD").error("LOADING Valkey is loading the dataset in memory");
      start();
      until_used(refused, 2);
    }
    SUBCASE("the join hangs") {
      auto& held = fake.on("EVALSHA join").silence();
      start();
      until_used(held, 1);
    }
    SUBCASE("another daemon is active") {
      owner = "other";
      start();
      until_count("EVALSHA lease", 2);
    }
    SUBCASE("it waits to reconnect") {
      serve();
      lose_link();
    }
  }
};

TEST_CASE_FIXTURE(FinishFixture, "a lane can be finished or destroyed whatever it is doing") {
  // A server that stops replying is waited for until the connection times out.
  options.reply_timeout = Milliseconds(150);
  std::size_t reads = 0;
  SUBCASE("finished") {
    enter_each_situation();
    reads = fake.count("XREAD");
    lane->finish();
    until_finished();
  }
  SUBCASE("destroyed") {
    enter_each_situation();
    reads = fake.count("XREAD");
    lane.reset();
    until_disconnected();
    CHECK(finished == 0);
    CHECK(fatal.empty());
  }
  CHECK(fake.count("XREAD") == reads);
  CHECK(settled.empty());
}

TEST_CASE_FIXTURE(FinishFixture, "finish with requests in flight waits for them and leaves the rest in the stream") {
  serve();
  auto& slow = hold_settle();
  deliver(order_entries(1, 3));
  until_used(slow, 1);
  on_finished_then = [&] { lane->finish(); };
  lane->finish();
  lane->finish();
  turn(Milliseconds(20));
  CHECK(finished == 0);
  CHECK_FALSE(released());
  slow.release();
  until_finished();
  CHECK(released());
  lane->finish();
  CHECK(finished == 1);
  CHECK(status().counters.settled() == 3);
}

TEST_CASE_FIXTURE(FinishFixture, "finish while a renewal of the lease is in flight still releases it") {
  options.lease = Milliseconds(60);
  serve();
  auto& slow = fake.on("EVALSHA lease").times(1).reply(resp::bulks({"active", "1"})).hold();
  until_used(slow, 1);
  lane->finish();
  turn(Milliseconds(10));
  CHECK(finished == 0);
  slow.release();
  until_finished();
  CHECK(released());
}

}  // namespace
}  // namespace orderd::test
