#include <doctest/doctest.h>

#include "shared/follow.h"

namespace orderd::test {
namespace {

using tools::Cursor;

TEST_CASE("a cursor goes back to what is left of what was read, or else to where it started") {
  Cursor cursor({100, 0});
  CHECK_FALSE(cursor.at_entry());
  for (const uint64_t ms : {200, 300, 400}) cursor.read({ms, 0});
  CHECK(cursor.lose_after({350, 0}) == 1);  // 350-0 is new
  CHECK(cursor.after() == StreamId{300, 0});
  CHECK(cursor.lose_after({300, 0}) == 0);
  CHECK(cursor.at_entry());
  SUBCASE("a new entry is before the first that was read") {
    CHECK(cursor.lose_after({150, 0}) == 2);
    CHECK(cursor.after() == StreamId{100, 0});
  }
  SUBCASE("the start is lost, too") {
    CHECK(cursor.lose_after({50, 0}) == 2);
    CHECK(cursor.after() == StreamId{50, 0});
  }
  CHECK_FALSE(cursor.at_entry());
}

TEST_CASE("a cursor remembers the last 100,000 entries") {
  Cursor cursor;
  for (uint64_t ms = 1; ms <= 100'010; ++ms) cursor.read({ms, 0});
  CHECK(cursor.lose_after({10, 1}) == 100'000);
  CHECK(cursor.after() == StreamId{10, 0});
}

}  // namespace
}  // namespace orderd::test
