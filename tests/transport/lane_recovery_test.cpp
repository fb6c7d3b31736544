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

TEST_CASE_FIXTURE(LaneFixture, "calls in flight when a connection is lost are repeated, settled or not") {
  const bool executed = each_of({false, true});
  CAPTURE(executed);
  serve();
  auto& lost = (executed ? hold_settle() : fake.on("EVALSHA settle").silence()).times(3);
  deliver(order_entries(1, 16));
  until_used(lost, 3);
  fake.close(settler());
  until_settled();
  CHECK(settled.size() == 16);
  CHECK(fake.accepted() == 4);
  CHECK(fake.standing() == 2);
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

TEST_CASE_FIXTURE(LaneFixture, "reasons that alternate while there is no connection are each logged once") {
  serve();
  fake.close_all();
  for (int i = 0; i < 6; ++i) {
    auto& refused = fake.on("HELLO").error(i % 2 == 0 ? "LOADING its data" : "BUSY with a script");
    until_used(refused, 1);
    turn(Milliseconds(1));
    refused.off();
  }
  until_idle();
  CHECK(logged("LOADING its data; reconnecting") == 1);
  CHECK(logged("BUSY with a script; reconnecting") == 1);
  CHECK(logged("connected again") == 1);
}

TEST_CASE_FIXTURE(LaneFixture, "an unknown answer to the question for the lease is reported") {
  auto& unknown = fake.on("EVALSHA lease").reply("+OK\r\n");
  start();
  until([&] { return logged("cannot process orders: lua/lease.lua returned an answer") == 1; }, "it is reported");
  unknown.off();
  settles(1, 2);
}

TEST_CASE_FIXTURE(LaneFixture, "credentials or rights refused at the start end the lane and say what to do") {
  const std::string advice = "grant this user what config/users.acl gives to orderd";
  const std::string credentials[] = {"NOAUTH Authentication required.",
                                     "WRONGPASS invalid username-password pair or user is disabled."};
  const std::array<std::string, 3> rows[] = {{"SCRIPT LOAD", credentials[0], credentials[0]},
                                             {"SCRIPT LOAD", credentials[1], credentials[1]},
                                             {"EVALSHA lease", kNoRight, advice},
                                             {"EVALSHA join", kNoRight, advice},
                                             {"EVALSHA settle", kNoRight, advice},
                                             {"XREAD", kNoRight, advice}};
  const auto [command, error, says] = each_of(rows);
  CAPTURE(command);
  CAPTURE(error);
  stream = order_entries(1, 1);
  fake.on(command).error(error);
  start();
  until([&] { return !fatal.empty(); }, "it ends");
  CHECK(contains(fatal.front(), says));
  CHECK(fatal.size() == 1);
}

TEST_CASE_FIXTURE(LaneFixture, "a refusal after the start is counted by its code and retried because it may be fixed") {
  const std::string command = each_of({"EVALSHA lease", "EVALSHA join", "EVALSHA settle", "XREAD", "SCRIPT LOAD"});
  CAPTURE(command);
  stream = order_entries(1, 1);
  serve();
  auto& refused = fake.on(command).times(3).error(kNoRight);
  fake.close_all();
  settles(2, 3);
  until_used(refused, 1);
  CHECK(status().counters.errors.by_word().at("NOPERM") == refused.used());
  CHECK(fatal.empty());
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

TEST_CASE_FIXTURE(LaneFixture, "the findings of the join are reported") {
  const std::array<std::string, 3> rows[] = {{"restored", "0", "had been moved to 99-0 by hand; restored to 0-0"},
                                             {"recovered", "0", "was missing; recovered from the newest result"},
                                             {"restarted", "0", "was recreated with smaller IDs than 99-0"},
                                             {"behind", "0", "ends before the position"},
                                             {"", "7", "7 entries of 'orders' were deleted before they were settled"}};
  const auto [done, deleted, text] = each_of(rows);
  CAPTURE(text);
  fake.on("EVALSHA join").times(1).reply(resp::bulks({"0-0", "0", "-1", done, "99-0", deleted}));
  serve();
  CHECK(logged(text) == 1);
  CHECK(std::to_string(status().counters.deleted) == deleted);
}

}  // namespace
}  // namespace orderd::test
