#include "valkey/backoff.h"

#include <doctest/doctest.h>

#include <set>

namespace orderd::test {
using valkey::Backoff;

TEST_CASE("each wait lies in the upper half of a ceiling that doubles up to five seconds") {
  for (const uint32_t seed : {1U, 2U, 3U, 4242U}) {
    CAPTURE(seed);
    Backoff backoff(seed);
    for (const int ceiling : {50, 100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000}) {
      const auto wait = backoff.next().count();
      CHECK(wait >= ceiling / 2);
      CHECK(wait <= ceiling);
    }
  }
}

TEST_CASE("reset starts over") {
  Backoff backoff(7);
  for (int i = 0; i < 20; ++i) (void)backoff.next();
  backoff.reset();
  CHECK(backoff.next() <= Backoff::kFirst);
  CHECK(backoff.next() > Backoff::kFirst / 2);
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
