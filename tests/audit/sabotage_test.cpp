// The audit finds every sabotage and nothing else.
#include <doctest/doctest.h>

#include <set>

#include "audit/findings.h"
#include "audit/report.h"
#include "audit/sabotage.h"

namespace orderd::test {
namespace {

std::vector<Sabotage> all_sabotages() {
  std::vector<Sabotage> all = result_sabotages();
  for (auto& each : other_sabotages()) all.push_back(std::move(each));
  return all;
}

TEST_CASE("correct books are clean and each sabotage of them is found by its check") {
  Random random(test_seed());
  Desk desk;
  const Books books = hold_sale(random, 1200).books;
  books.lay_out(desk.admin());
  const Json clean = report_of(desk.run({"audit", "--json"}));
  CHECK(clean["verdict"] == "clean");
  CHECK(clean["waiting"] == 5);
  // Each check had something to check.
  for (const Json& check : clean["checks"]) {
    CHECK_MESSAGE(check["checked"].get<uint64_t>() > 0, check.dump());
  }
  for (const Sabotage& sabotage : all_sabotages()) {
    CAPTURE(sabotage.name);
    Books falsified = books;
    sabotage.falsify(falsified, random);
    falsified.lay_out(desk.admin());
    const Json report = report_of(desk.run({"audit", "--json", "--max-findings", "3"}), 3);
    CHECK(report["verdict"] == "violated");
    CHECK_MESSAGE(violations(report, sabotage.check) > 0, report);
    bool named = false;
    for (const Json& each : report["violations"]) {
      named = named || (each["check"] == sabotage.check && !each["detail"].get<std::string>().empty());
    }
    CHECK_MESSAGE(named, report);
  }
}

TEST_CASE("each check of the audit finds a sabotage") {
  std::set<std::string> found_by;
  for (const Sabotage& sabotage : all_sabotages()) found_by.insert(sabotage.check);
  for (std::size_t i = 0; i < audit::kChecks; ++i) {
    const std::string name = audit::text_of(static_cast<audit::Check>(i)).name;
    CHECK_MESSAGE(found_by.count(name) == 1, name);
    found_by.erase(name);
  }
  CHECK(found_by.empty());
}

}  // namespace
}  // namespace orderd::test
