#include "order-replay/pace.h"

#include <doctest/doctest.h>

namespace orderd::replay {

TEST_CASE("due times of a rate do not depend on when they are computed") {
  Pace pace(Pace::Kind::kRate, 3);
  pace.begin(1000);
  CHECK(pace.due_ns({}, 5'000'000'000) == 1000);
  pace.taken();
  CHECK(pace.due_ns({}, 9'000'000'000) == 333'334'333);
  pace.taken();
  pace.taken();
  CHECK(pace.due_ns({}, 0) == 1'000'001'000);
}

TEST_CASE("a recording's own times count from its first request; without a limit each is due now") {
  Pace pace(Pace::Kind::kSpeed, 2 * kMillion);
  pace.begin(100);
  CHECK(pace.due_ns(5'000'000, 0) == 100);
  pace.taken();
  CHECK(pace.due_ns(5'001'000, 0) == 500'100);
  pace.taken();
  CHECK(pace.due_ns({}, 0) == 500'100);
  CHECK(pace.due_ns(4'000'000, 0) == 100);
  Pace unlimited(Pace::Kind::kMax, 0);
  unlimited.begin(1);
  CHECK(unlimited.due_ns(77, 123) == 123);
}

}  // namespace orderd::replay
