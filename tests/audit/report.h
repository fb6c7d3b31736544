// Reads the output of `orderctl audit --json`.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "integration/orderctl_desk.h"

namespace orderd::test {

// The report of `orderctl audit --json`, which has to end with this status.
[[nodiscard]] inline Json report_of(const Ran& ran, int status = 0) {
  CHECK_MESSAGE(ran.status == status, ran.output, ran.errors);
  const auto lines = ran.json();
  REQUIRE_MESSAGE(lines.size() == 1, ran.errors);
  return lines.front();
}

// One check, and its violations.
[[nodiscard]] inline const Json& check_of(const Json& report, const std::string& check) {
  const auto& checks = report["checks"];
  const auto found =
      std::find_if(checks.begin(), checks.end(), [&](const Json& each) { return each["name"] == check; });
  REQUIRE_MESSAGE(found != checks.end(), "there is no such check: ", check);
  return *found;
}
[[nodiscard]] inline uint64_t violations(const Json& report, const std::string& check) {
  return check_of(report, check)["violations"].get<uint64_t>();
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
