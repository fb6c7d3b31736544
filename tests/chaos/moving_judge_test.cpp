// Tests the judge of tools/chaos --moving: it finds each kind of violation.
#include <doctest/doctest.h>

#include "order-chaos/moving/lane_check.h"

namespace orderd::chaos {
namespace {

test::Entry request(const std::string& id) {
  return {id, {{"order", "{}"}}};
}

test::Entry result(const std::string& request, const std::string& order, const std::string& status = "accepted",
                   const std::string& reason = "") {
  return {"9-" + request, {{"order", order}, {"request", request}, {"status", status}, {"reason", reason}}};
}

TEST_CASE("a lane that kept its promises passes") {
  const LaneVerdict verdict = check_lane({request("1-0"), request("1-1"), request("2-0")},
                                         {result("1-0", "a"), result("1-1", "b"), result("2-0", "a", "duplicate")},
                                         {{"1-0", "a"}, {"2-0", "a"}});
  CHECK(verdict.wrong.empty());
  CHECK(verdict.lost == 0);
}

TEST_CASE("each violation of a lane is found") {
  const auto wrong = [](const std::vector<test::Entry>& results) {
    const LaneVerdict verdict = check_lane({request("1-0"), request("2-0")}, results, {{"1-0", "a"}, {"2-0", "b"}});
    REQUIRE(!verdict.wrong.empty());
    return verdict.wrong.front();
  };
  CHECK(wrong({result("1-0", "a")}) == "the request 2-0 has 0 results");
  CHECK(wrong({result("1-0", "a"), result("2-0", "b"), result("2-0", "b", "duplicate")}).ends_with("is out of order"));
  CHECK(wrong({result("2-0", "b"), result("1-0", "a")}) == "the result 9-1-0 of 1-0 is out of order");
  CHECK(wrong({result("1-0", "a"), result("2-0", "b"), result("3-0", "c")}).ends_with("which is not in the stream"));
  CHECK(wrong({result("1-0", "a"), result("2-0", "a")}) == "the result 9-2-0 is of a, and 2-0 is b");
  CHECK(wrong({result("1-0", "a"), result("2-0", "b", "rejected", "wrong_lane")}) == "the result 9-2-0 is wrong_lane");
  CHECK(check_lane({request("1-0"), request("2-0")}, {result("1-0", "a"), result("2-0", "a")}, {}).wrong.front() ==
        "the order a was accepted twice");
}

TEST_CASE("lost requests are counted") {
  CHECK(check_lane({request("1-0")}, {result("1-0", "a")}, {{"1-0", "a"}, {"2-0", "b"}, {"3-0", "c"}}).lost == 2);
}

}  // namespace
}  // namespace orderd::chaos
