// Credentials and rights: at the start the lane ends and says what to grant; later it waits, since somebody may be at
// work on them. And whatever a read is refused with, it is asked again with growing pauses.
#include <doctest/doctest.h>

#include "transport/lane_fixture.h"

namespace orderd::test {
namespace {

using Requests = std::vector<std::string>;

const std::vector<std::string> kRefusals = {
    "NOAUTH Authentication required.",
    "WRONGPASS invalid username-password pair or user is disabled.",
    "NOPERM User orderd has no permissions to run the 'client|setname' command",
};

TEST_CASE("a server that refuses our credentials at the start ends the lane") {
  for (const std::string& error : kRefusals) {
    CAPTURE(error);
    LaneFixture test;
    test.fake.on("CLIENT SETNAME").error(error);
    test.start();
    test.until([&] { return !test.fatal.empty(); }, "the lane gives up");
    CHECK(test.fatal.front().find("CLIENT SETNAME was refused: " + error + "; ") == 0);
    const char* advice =
        error.find("NOPERM") == 0 ? "grant this user" : "check valkey.username and valkey.password_file";
    CHECK(test.fatal.front().find(advice) != std::string::npos);
    test.turn(Milliseconds(80));
    CHECK(test.fatal.size() == 1);
    CHECK(test.fake.standing() == 0);
  }
}

TEST_CASE("a right that is missing at the start ends the lane and names what to grant") {
  LaneFixture test;
  const std::string error = "NOPERM User orderd has no permissions to run the 'xreadgroup' command";
  test.fake.on("XREADGROUP").error(error);
  test.start();
  test.until([&] { return !test.fatal.empty(); }, "the lane gives up");
  CHECK(test.fatal.front() ==
        "reading the stream 'orders': " + error + "; grant this user what config/users.acl names for orderd");
  CHECK(test.fake.count("XREADGROUP") == 1);
  CHECK(test.finished == 0);
}

TEST_CASE("a server that is loading at the start is waited for") {
  LaneFixture test;
  test.fake.on("CLIENT SETNAME").times(3).error("LOADING Valkey is loading the dataset in memory");
  test.serve();
  CHECK(test.fatal.empty());
}

TEST_CASE("credentials that are refused later are tried again") {
  for (const std::string& error : kRefusals) {
    CAPTURE(error);
    LaneFixture test;
    test.serve();
    test.fake.on("CLIENT SETNAME").times(4).error(error);
    test.fake.close_all();
    test.until([&] { return test.recoveries() == 2; }, "the recovery");
    test.until_idle();
    CHECK(test.fatal.empty());
    CHECK(test.logged("CLIENT SETNAME was refused: " + error + "; connecting again") >= 1);
    CHECK(test.logged("serving again") == 1);
  }
}

TEST_CASE("a right to settle that is missing holds the orders until it is given") {
  LaneFixture test;
  test.pending = order_entries(1, 2);
  const std::string error = "NOPERM key results: ACL failure in script";
  test.fake.on("EVALSHA settle").times(3).error(error);
  test.serve();
  CHECK(test.settled() == Requests{"1-0", "2-0", "1-0", "1-0", "2-0"});
  CHECK(test.logged("orders wait: " + error + "; grant this user what config/users.acl names for orderd") == 1);
  CHECK(test.fatal.empty());
}

TEST_CASE("a read that is refused is asked again with growing pauses and is said once") {
  for (const std::string error : {
           "OOM command not allowed when used memory > 'maxmemory'.",
           "MISCONF Errors writing to the AOF file: No space left on device",
           "NOREPLICAS Not enough good replicas to write.",
           "LOADING Valkey is loading the dataset in memory",
           "BUSY Valkey is busy running a script.",
           "TRYAGAIN Multiple keys request during rehashing of slot",
           "CLUSTERDOWN The cluster is down",
           "MASTERDOWN Link with MASTER is down",
           "WRONGTYPE Operation against a key holding the wrong kind of value",
           "ERR unknown command 'XREADGROUP'",
           "NOSCRIPT No matching script.",
       }) {
    CAPTURE(error);
    LaneFixture test;
    auto& refusal = test.fake.on("XREADGROUP").error(error);
    test.start();
    test.turn(Milliseconds(300));
    CHECK(test.fake.count("XREADGROUP") <= 6);  // waits of 25, 50, 100, 200, 400 at least
    CHECK(test.fake.accepted() == 2);
    test.until([&] { return test.fake.count("XREADGROUP") >= 3; }, "the third try");
    if (error.find("NOSCRIPT") != 0)
      CHECK(test.logged("reading the stream 'orders': " + error + "; trying again") == 1);
    refusal.off();
    test.until_idle();
    test.deliver(order_entries(1, 1));
    test.until_idle();
    CHECK(test.settled() == Requests{"1-0"});
  }
}

TEST_CASE("a read that loses its right later is asked again with growing pauses") {
  LaneFixture test;
  test.serve();
  auto& refusal =
      test.fake.on("XREADGROUP").error("NOPERM this user has no permissions to run the 'xreadgroup' command");
  const std::size_t reads = test.fake.count("XREADGROUP");
  test.deliver(order_entries(1, 1));
  test.turn(Milliseconds(400));
  CHECK(test.fatal.empty());
  CHECK(test.fake.count("XREADGROUP") - reads <= 6);
  refusal.off();
  test.until_idle();
  CHECK(test.settled() == Requests{"1-0"});
}

TEST_CASE("a chore that is refused is said once and the orders go on") {
  LaneFixture test;
  test.options.claim_idle = Milliseconds(60);
  test.fake.on("EVALSHA claim").error("NOPERM this user has no permissions to run the 'xautoclaim' command");
  test.serve();
  test.until([&] { return test.fake.count("EVALSHA claim") >= 3; }, "the third claim");
  CHECK(test.logged("the claim was refused: NOPERM") == 1);
  test.deliver(order_entries(1, 1));
  test.until_idle();
  CHECK(test.settled() == Requests{"1-0"});
}

}  // namespace
}  // namespace orderd::test
