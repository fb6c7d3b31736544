// The link: lost, refused, the wrong server, a process that slept. In every case the lane reads the position and
// continues.
#include "transport/lane_fixture.h"

namespace orderd::test {
namespace {

const std::vector<std::string> kWrongServer = {
    "READONLY You can't write against a read only replica.",
    "UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)",
    "MOVED 3999 127.0.0.1:6381",
};
const std::string kNoRight = "NOPERM User orderd has no permissions to run the 'x' command";

TEST_CASE("calls in flight when a connection is lost are repeated from the stream, settled or not") {
  for (const bool executed : {false, true}) {
    CAPTURE(executed);
    LaneFixture test;
    test.serve();
    auto& lost = (executed ? test.hold_settle() : test.fake.on("EVALSHA settle").silence()).times(3);
    test.deliver(order_entries(1, 16));
    test.until_used(lost, 3);
    test.fake.close(test.settler());
    test.until_settled();
    CHECK(test.settled.size() == 16);
    CHECK(test.fake.standing() == 2);
  }
}

TEST_CASE_FIXTURE(LaneFixture, "losing the reading connection closes both and loses nothing") {
  serve();
  fake.close_all();
  settles(1, 5);
  CHECK(fake.accepted() == 4);
  CHECK(logged("reconnecting") == 1);
  CHECK(logged("connected again") == 1);
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

TEST_CASE_FIXTURE(LaneFixture, "a replica mistaken for the primary causes no reconnect loop") {
  stream = order_entries(1, 3);
  auto& demoted = fake.on("EVALSHA settle").error(kWrongServer.front());
  start();
  turn(Milliseconds(900));
  CHECK(fake.accepted() <= 2 * 7);
  demoted.off();
  until_settled();
}

TEST_CASE("refused credentials or rights at the start end the lane with an error that says what to do") {
  const std::string advice = "grant this user what config/users.acl gives to orderd";
  const std::string credentials[] = {"NOAUTH Authentication required.",
                                     "WRONGPASS invalid username-password pair or user is disabled."};
  const std::string rows[][3] = {{"SCRIPT LOAD", credentials[0], credentials[0]},
                                 {"SCRIPT LOAD", credentials[1], credentials[1]},
                                 {"EVALSHA lease", kNoRight, advice},
                                 {"EVALSHA join", kNoRight, advice},
                                 {"EVALSHA settle", kNoRight, advice},
                                 {"XREAD", kNoRight, advice}};
  for (const auto& [command, error, says] : rows) {
    CAPTURE(command);
    CAPTURE(error);
    LaneFixture test;
    test.stream = order_entries(1, 1);
    test.fake.on(command).error(error);
    test.start();
    test.until([&] { return !test.fatal.empty(); }, "it ends");
    CHECK(contains(test.fatal.front(), says));
    CHECK(test.fatal.size() == 1);
  }
}

TEST_CASE("a lane that cannot start waits and retries if other lanes are served") {
  for (const std::string command : {"SCRIPT LOAD", "EVALSHA lease", "EVALSHA join", "XREAD"}) {
    CAPTURE(command);
    LaneFixture test;
    test.others_may_serve = true;
    test.stream = order_entries(1, 2);
    auto& refused = test.fake.on(command).error(kNoRight);
    test.start();
    test.until_used(refused, 3);
    CHECK(test.lane->cannot_start());
    CHECK(!test.fatal.empty());
    refused.off();
    test.until_settled();
    CHECK(!test.lane->cannot_start());
  }
}

TEST_CASE("a refusal after the start is retried because it may be fixed meanwhile") {
  for (const std::string command : {"EVALSHA lease", "EVALSHA join", "EVALSHA settle", "XREAD", "SCRIPT LOAD"}) {
    CAPTURE(command);
    LaneFixture test;
    test.stream = order_entries(1, 1);
    test.serve();
    test.fake.on(command).times(3).error(kNoRight);
    test.fake.close_all();
    test.settles(2, 3);
    CHECK(test.fatal.empty());
  }
}

TEST_CASE_FIXTURE(LaneFixture, "a process that slept longer than its lease reconnects and reads the position") {
  options.lease = Milliseconds(90);
  serve();
  FakeClock::jump(Milliseconds(400));
  until([&] { return fake.accepted() == 4; }, "it connects again");
  until_idle();
  CHECK(logged("this process did nothing for") == 1);
  settles(1, 2);
}

TEST_CASE("the findings of the join are reported") {
  const std::string rows[][3] = {{"restored", "0", "had been moved to 99-0 by hand; restored to 0-0"},
                                 {"recovered", "0", "was missing; recovered from the newest result"},
                                 {"restarted", "0", "was recreated with smaller IDs than 99-0"},
                                 {"behind", "0", "ends before the position"},
                                 {"", "7", "7 entries of 'orders' were deleted before they were settled"}};
  for (const auto& [done, deleted, text] : rows) {
    CAPTURE(text);
    LaneFixture test;
    test.fake.on("EVALSHA join").times(1).reply(resp::bulks({"0-0", "0", "-1", done, "99-0", deleted}));
    test.serve();
    CHECK(test.logged(text) == 1);
    CHECK(std::to_string(test.status().counters.deleted) == deleted);
  }
}

}  // namespace
}  // namespace orderd::test
