// Reads the output of `orderctl audit --json`.
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "integration/orderctl_desk.h"

namespace orderd::test {

[[nodiscard]] inline Json report_of(const Ran& ran) {
  const auto lines = ran.json();
  REQUIRE_MESSAGE(lines.size() == 1, ran.errors);
  return lines.front();
}

// The violations of one check.
[[nodiscard]] inline uint64_t violations(const Json& report, const std::string& check) {
  for (const Json& each : report["checks"]) {
    if (each["name"] == check) return each["violations"].get<uint64_t>();
  }
  FAIL("there is no such check: ", check);
  return 0;
}

// The count of what was not checked and begins with `what`.
[[nodiscard]] inline uint64_t not_checked(const Json& report, const std::string& what) {
  uint64_t count = 0;
  for (const Json& each : report["not_checked"]) {
    if (each["what"].get<std::string>().starts_with(what)) count += each["count"].get<uint64_t>();
  }
  return count;
}

}  // namespace orderd::test
