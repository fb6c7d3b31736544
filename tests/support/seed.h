// The source of random numbers for tests.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <cstdlib>
#include <random>

namespace orderd::test {

// The value of TEST_SEED, or a new one. It is printed, so that a failure can be reproduced.
[[nodiscard]] inline uint64_t test_seed() {
  const char* given = std::getenv("TEST_SEED");
  const uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
  MESSAGE("TEST_SEED=", seed);
  return seed;
}

class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}
  // A whole number from 0 to `below` - 1.
  std::size_t number(std::size_t below) { return engine_() % below; }
  std::size_t number(std::size_t first, std::size_t last) { return first + number(last - first + 1); }
  bool chance(std::size_t percent) { return number(100) < percent; }

 private:
  std::mt19937_64 engine_;
};

}  // namespace orderd::test
