// The link: lost, refused, the wrong server, a process that slept. In every case the lane reads the position and
// continues.
#include <doctest/doctest.h>

#include <chrono>

#include "support/wait_for.h"
#include "transport/lane_fixture.h"

namespace orderd::test {
namespace {

const std::vector<std::string> kWrongServer = {
    "READONLY You can't write against a read only replica.",
    "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)",
    "MOVED 3999 127.0.0.1:6381",
};
const std::vector<std::string> kRefusals = {
    "NOAUTH Authentication required.",
    "WRONGPASS invalid username-password pair or user is disabled.",
};

TEST_CASE("calls in flight when a connection is lost are repeated from the stream, settled or not") {
  for (const bool executed : {false, true}) {
    CAPTURE(executed);
    LaneFixture test;
    test.serve();
    auto& lost = test.fake.on("EVALSHA settle").times(3).hold();
    lost.answer([&](const Received& command) {
      const SettleCall call = settle_call(command);
      if (executed && call.previous == test.position) {
        test.settled.insert(test.settled.end(), call.requests.begin(), call.requests.end());
        test.position = call.requests.back();
      }
      return resp::bulk(std::string(call.requests.size(), 'a'));
    });
    test.deliver(order_entries(1, 16));
    test.until([&] { return lost.used() == 3; }, "calls are in flight");
    test.fake.close(test.settler());
    test.until_settled();
    CHECK(test.settled.size() == 16);
    CHECK(test.fake.standing() == 2);
  }
}

TEST_CASE("losing the reading connection closes both and loses nothing") {
  LaneFixture test;
  test.serve();
  test.fake.close_all();
  test.deliver(order_entries(1, 5));
  test.until_settled();
  CHECK(test.fake.accepted() == 4);
  CHECK(test.logged("reconnecting") == 1);
  CHECK(test.logged("connected again") == 1);
}

TEST_CASE("a server that is no longer the primary is left and everything is settled in order") {
  for (const std::string& error : kWrongServer) {
    for (const std::string command : {"EVALSHA settle", "EVALSHA join", "EVALSHA lease", "XREAD"}) {
      CAPTURE(error);
      CAPTURE(command);
      LaneFixture test;
      test.stream = order_entries(1, 9);
      test.fake.on(command).times(1).error(error);
      test.start();
      test.until_settled();
      CHECK(test.settled.size() == 9);
      CHECK(test.fake.accepted() == 4);
      CHECK(test.fake.standing() == 2);
    }
  }
}

TEST_CASE("a replica mistaken for the primary causes no reconnect loop") {
  LaneFixture test;
  test.stream = order_entries(1, 3);
  auto& demoted = test.fake.on("EVALSHA settle").error(kWrongServer.front());
  test.start();
  test.turn(Milliseconds(900));
  CHECK(test.fake.accepted() <= 2 * 7);
  demoted.off();
  test.until_settled();
}

TEST_CASE("refused credentials or rights at the start end the lane with an error that says what to do") {
  SUBCASE("AUTH") {
    for (const std::string& error : kRefusals) {
      LaneFixture test;
      test.fake.on("SCRIPT LOAD").error(error);
      test.start();
      test.until([&] { return !test.fatal.empty(); }, "it ends");
      CHECK(test.fatal.front().find(error) != std::string::npos);
      CHECK(test.fatal.size() == 1);
    }
  }
  SUBCASE("rights") {
    for (const std::string command : {"EVALSHA lease", "EVALSHA join", "EVALSHA settle", "XREAD"}) {
      CAPTURE(command);
      LaneFixture test;
      test.stream = order_entries(1, 1);
      test.fake.on(command).error("NOPERM User orderd has no permissions to run the 'x' command");
      test.start();
      test.until([&] { return !test.fatal.empty(); }, "it ends");
      CHECK(test.fatal.front().find("grant this user what config/users.acl gives to orderd") != std::string::npos);
    }
  }
}

TEST_CASE("a lane that cannot start waits and retries if other lanes are served") {
  for (const std::string command : {"SCRIPT LOAD", "EVALSHA lease", "EVALSHA join", "XREAD"}) {
    CAPTURE(command);
    LaneFixture test;
    test.others_may_serve = true;
    test.stream = order_entries(1, 2);
    auto& refused = test.fake.on(command).error("NOPERM User orderd has no permissions to run the 'x' command");
    test.start();
    test.until([&] { return refused.used() >= 3; }, "it retries");
    CHECK(test.lane->hopeless() == !test.fatal.empty());
    CHECK(!test.fatal.empty());
    refused.off();
    test.until_settled();
    CHECK(!test.lane->hopeless());
  }
}

TEST_CASE("a refusal after the start is retried because it may be fixed meanwhile") {
  for (const std::string command : {"EVALSHA lease", "EVALSHA join", "EVALSHA settle", "XREAD", "SCRIPT LOAD"}) {
    CAPTURE(command);
    LaneFixture test;
    test.stream = order_entries(1, 1);
    test.serve();
    test.fake.on(command).times(3).error("NOPERM User orderd has no permissions to run the 'x' command");
    test.fake.close_all();
    test.deliver(order_entries(2, 3));
    test.until_settled();
    CHECK(test.fatal.empty());
  }
}

TEST_CASE("a process that slept longer than its lease closes both connections and reads the position") {
  LaneFixture test;
  test.options.lease = Milliseconds(90);
  test.serve();
  const auto wake = std::chrono::steady_clock::now() + std::chrono::milliseconds(400);
  wait_for([&] { return std::chrono::steady_clock::now() >= wake; }, kPatience, "the loop has slept");
  test.until([&] { return test.fake.accepted() == 4; }, "it connects again");
  test.until_idle();
  CHECK(test.logged("this process did nothing for") == 1);
  test.deliver(order_entries(1, 2));
  test.until_settled();
}

TEST_CASE("the findings of the join are reported") {
  struct Row {
    const char* done;
    int deleted;
    const char* logged;
  };
  for (const Row& row :
       {Row{"restored", 0, "had been moved to 99-0 by hand; restored to 0-0"},
        Row{"recovered", 0, "was missing; recovered from the newest result"},
        Row{"restarted", 0, "was recreated with smaller IDs than 99-0"}, Row{"behind", 0, "ends before the position"},
        Row{"", 7, "7 entries of 'orders' were deleted before they were settled"}}) {
    CAPTURE(row.logged);
    LaneFixture test;
    test.fake.on("EVALSHA join").times(1).reply(join_reply("0-0", row.done, "99-0", row.deleted));
    test.serve();
    CHECK(test.logged(row.logged) == 1);
    CHECK(test.status().counters.deleted == static_cast<uint64_t>(row.deleted));
  }
}

}  // namespace
}  // namespace orderd::test
