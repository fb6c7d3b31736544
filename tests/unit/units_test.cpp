// Numbers on the status page.
#include "admin/units.h"

#include <doctest/doctest.h>

namespace orderd::admin {

TEST_CASE("a count has a comma before each three digits") {
  CHECK(count_text(0) == "0");
  CHECK(count_text(999) == "999");
  CHECK(count_text(1000) == "1,000");
  CHECK(count_text(12'345'678) == "12,345,678");
  CHECK(count_text(UINT64_MAX) == "18,446,744,073,709,551,615");
}

TEST_CASE("a small rate has one decimal") {
  CHECK(rate_text(0) == "0");
  CHECK(rate_text(0.4) == "0.4");
  CHECK(rate_text(9.94) == "9.9");
  CHECK(rate_text(9.96) == "10");
  CHECK(rate_text(12'345.6) == "12,346");
}

TEST_CASE("a duration has at most two units") {
  CHECK(span_text(0) == "0 ms");
  CHECK(span_text(999) == "999 ms");
  CHECK(span_text(1000) == "1.0 s");
  CHECK(span_text(59'999) == "59.9 s");
  CHECK(span_text(60'000) == "1 min 0 s");
  CHECK(span_text(3'599'999) == "59 min 59 s");
  CHECK(span_text(3'600'000) == "1 h 0 min");
  CHECK(span_text(90'000'000) == "1 d 1 h");
}

TEST_CASE("a time is UTC") {
  CHECK(time_text(1'795'657'044'063) == "2026-11-26 01:37:24 UTC");
}

}  // namespace orderd::admin
