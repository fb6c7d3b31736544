#include "replay/awaiting.h"

#include <doctest/doctest.h>

#include "replay/run_check.h"

namespace orderd::replay {
namespace {

using tools::Entry;

TEST_CASE("a result is matched with its request whichever is known first") {
  Awaiting awaiting;
  const Entry result{.id = "9-0", .fields = {{"request", "5-0"}, {"status", "accepted"}}};
  CHECK_FALSE(awaiting.add({5, 0}, {77}).has_value());
  CHECK(awaiting.oldest() == tools::StreamId{5, 0});
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

TEST_CASE("results of strangers are forgotten") {
  Awaiting awaiting;
  const Entry result{.id = "9-0", .fields = {}};
  CHECK_FALSE(awaiting.answer({6, 0}, result, 1).has_value());
  CHECK_FALSE(awaiting.answer({7, 0}, result, 2).has_value());
  awaiting.forget_early({6, 0});
  CHECK_FALSE(awaiting.add({6, 0}, {1}).has_value());
  CHECK(awaiting.add({7, 0}, {1}).has_value());
  CHECK(awaiting.size() == 1);
}

TEST_CASE("a run is checked for results that are missing or too many and for orders sold twice") {
  RunCheck check;
  const auto accepted = [](std::string_view request, std::string_view order) {
    return Entry{.id = "9-0", .fields = {{"request", request}, {"order", order}, {"status", "accepted"}}};
  };
  check.seen(accepted("99-0", "of a stranger"));
  check.pushed({1, 0});
  check.seen(accepted("1-0", "a"));
  CHECK(check.problems(10).empty());
  check.seen(accepted("1-0", "a"));
  check.pushed({2, 0});
  const auto problems = check.problems(10);
  REQUIRE(problems.size() == 3);
  CHECK(check.problems(1).size() == 2);
  CHECK(check.problems(1).back() == "and 2 more");
}

}  // namespace
}  // namespace orderd::replay
