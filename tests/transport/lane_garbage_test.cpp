// Replies that are well-formed and still not what was asked for: a server that is none, or a proxy gone wrong. The lane
// connects anew or asks again, and never takes an order out of them.
#include <doctest/doctest.h>

#include "transport/lane_fixture.h"

namespace orderd::test {
namespace {

using Requests = std::vector<std::string>;

std::string one_entry(const std::string& entry) {
  return resp::array({resp::array({resp::bulk("orders"), resp::array({entry})})});
}

TEST_CASE("a read that is answered with no entries ends the connection and nothing of it is settled") {
  for (const std::string& garbage : {
           one_entry(resp::array({resp::bulk("1-0"), resp::bulks({"id", "o-1", "sku"})})),
           one_entry(resp::array({resp::bulk("1-0")})),
           one_entry(resp::bulk("1-0")),
           one_entry(resp::array({resp::integer(1), resp::bulks({})})),
           one_entry(resp::array({resp::bulk("1-0"), resp::bulk("id")})),
           resp::array({resp::array({resp::bulk("orders"), resp::bulk("1-0")})}),
           resp::array({resp::bulk("orders")}),
           resp::array({}),
           resp::simple("OK"),
           resp::integer(42),
       }) {
    CAPTURE(garbage);
    LaneFixture test;
    test.fake.on("XREADGROUP").times(2).reply(garbage);
    test.start();
    test.until([&] { return test.recoveries() >= 3; }, "the third recovery");
    test.until_idle();
    CHECK(test.settled().empty());
    CHECK(test.logged("the server answered XREADGROUP with no entries") >= 1);
    test.deliver(order_entries(1, 1));
    test.until_idle();
    CHECK(test.settled() == Requests{"1-0"});
    CHECK(test.fatal.empty());
  }
}

TEST_CASE("a restore that is answered with half an entry is tried again") {
  LaneFixture test;
  test.fake.on("XREADGROUP").times(1).error("NOGROUP No such key 'orders' or consumer group 'orderd'");
  test.fake.on("XRANGE orders")
      .times(1)
      .reply(resp::array({resp::array({resp::bulk("1-0"), resp::bulks({"id", "o-1", "sku"})})}));
  test.start();
  test.until_idle();
  CHECK(test.logged("the server answered XRANGE with no entries; trying again") == 1);
  CHECK(test.fake.count("EVALSHA restore") == 1);
  CHECK(test.fatal.empty());
}

TEST_CASE("a claim that is answered with anything but its three parts changes nothing") {
  for (const std::string& garbage :
       {resp::simple("OK"), resp::array({}), resp::array({resp::bulk("0-0"), resp::integer(0), resp::integer(-1)}),
        resp::array({resp::bulk("0-0"), resp::integer(-5), resp::integer(0)})}) {
    CAPTURE(garbage);
    LaneFixture test;
    test.options.claim_idle = Milliseconds(60);
    auto& claims = test.fake.on("EVALSHA claim").reply(garbage);
    test.serve();
    test.until([&] { return claims.used() == 3; }, "the third claim");
    CHECK(test.lane->counters().claimed == 0);
    CHECK(test.lane->counters().of(lane::Verdict::kRequestLost) == 0);
    CHECK(test.recoveries() == 1);
  }
}

}  // namespace
}  // namespace orderd::test
