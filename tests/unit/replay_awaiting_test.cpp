#include "order-replay/awaiting.h"

#include <doctest/doctest.h>

#include "order-replay/run_check.h"

namespace orderd::replay {
namespace {

using tools::Entry;

TEST_CASE("a result is matched with its request whichever is known first") {
  Awaiting awaiting;
  const Entry result{.id = "9-0", .fields = {{"request", "5-0"}, {"status", "accepted"}}};
  CHECK_FALSE(awaiting.add({5, 0}, {77}).has_value());
  CHECK(awaiting.oldest() == StreamId{5, 0});
  const auto waiting = awaiting.answer({5, 0}, result, 1);
  REQUIRE(waiting.has_value());
  CHECK(waiting->due_ns == 77);
  CHECK(awaiting.size() == 0);
  CHECK_FALSE(awaiting.answer({6, 0}, result, 123).has_value());
  const auto early = awaiting.add({6, 0}, {78});
  REQUIRE(early.has_value());
  CHECK(early->seen_ns == 123);
  CHECK(early->entry().id == "9-0");
  CHECK(early->entry().field("status") == "accepted");
  CHECK(awaiting.size() == 0);
}

TEST_CASE("results of other requests are dropped") {
  Awaiting awaiting;
  const Entry result{.id = "9-0", .fields = {}};
  CHECK_FALSE(awaiting.answer({6, 0}, result, 1).has_value());
  CHECK_FALSE(awaiting.answer({7, 0}, result, 2).has_value());
  awaiting.forget_early({6, 0});
  CHECK_FALSE(awaiting.add({6, 0}, {1}).has_value());
  CHECK(awaiting.add({7, 0}, {1}).has_value());
  CHECK(awaiting.size() == 1);
}

TEST_CASE("a kept result that the server loses is dropped") {
  Awaiting awaiting;
  CHECK_FALSE(awaiting.answer({5, 0}, {.id = "8-0", .fields = {}}, 1).has_value());
  CHECK_FALSE(awaiting.answer({6, 0}, {.id = "9-0", .fields = {}}, 1).has_value());
  awaiting.forget_results_after({8, 0});
  CHECK(awaiting.add({5, 0}, {1}).has_value());
  CHECK_FALSE(awaiting.add({6, 0}, {1}).has_value());
}

TEST_CASE("a run is checked for the order of its results and for orders sold twice") {
  RunCheck check;
  const auto accepted = [&check](std::string_view result, std::string_view request, std::string_view order) {
    check.seen({.id = result, .fields = {{"request", request}, {"order", order}, {"status", "accepted"}}});
  };
  accepted("1-0", "1-0", "of a stranger");
  accepted("2-0", "2-0", "a");
  accepted("3-0", "10-0", "b");
  CHECK(check.count() == 0);
  accepted("4-0", "10-0", "c");
  accepted("5-0", "3-0", "d");
  accepted("6-0", "11-0", "a");
  CHECK(check.problems() == std::vector<std::string>{"the request 10-0 has a second result, 4-0",
                                                     "the result 5-0 of the request 3-0 comes after that of the later "
                                                     "request 10-0",
                                                     "the order 'a' was accepted twice: 2-0 and 6-0"});
  for (int i = 0; i < 100; ++i) accepted("7-0", "1-0", "other");
  CHECK(check.count() == 3 + 100 + 99);
  CHECK(check.problems().size() == 10);
}

TEST_CASE("results that the server has lost may come again") {
  RunCheck check;
  for (const char* result : {"8-0", "9-0"}) {
    check.seen({.id = result, .fields = {{"request", result}, {"order", result}, {"status", "accepted"}}});
  }
  check.lost_after({8, 0});
  check.seen({.id = "10-0", .fields = {{"request", "9-0"}, {"order", "9-0"}, {"status", "accepted"}}});
  CHECK(check.count() == 0);
  check.seen({.id = "11-0", .fields = {{"request", "10-0"}, {"order", "8-0"}, {"status", "accepted"}}});
  CHECK(check.count() == 1);
}

}  // namespace
}  // namespace orderd::replay
