#include "valkey/backoff.h"

#include <doctest/doctest.h>

#include <set>

namespace orderd::test {

using valkey::Backoff;

TEST_CASE("each wait lies in the upper half of a ceiling that doubles up to five seconds, and reset starts over") {
  Backoff backoff(4242);
  for (int run = 0; run < 20; ++run) {
    for (const int ceiling : {50, 100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000}) {
      const auto wait = backoff.next().count();
      CHECK(wait >= ceiling / 2);
      CHECK(wait <= ceiling);
    }
    backoff.reset();
  }
}

TEST_CASE("two clients do not wait in step") {
  std::set<int64_t> waits;
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    Backoff backoff(seed);
    for (int i = 0; i < 10; ++i) (void)backoff.next();
    waits.insert(backoff.next().count());
  }
  CHECK(waits.size() > 10);
}

}  // namespace orderd::test
