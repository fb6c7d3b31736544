// The audit finds every sabotage and nothing else.
#include <doctest/doctest.h>

#include <set>

#include "audit/report.h"
#include "audit/sabotage.h"

namespace orderd::test {
namespace {

TEST_CASE("correct books are clean and each check finds a sabotage of them") {
  Random random(test_seed());
  Desk desk;
  const Books books = hold_sale(random, 1200).books;
  books.lay_out(desk.admin());
  const Json clean = report_of(desk.run({"audit", "--json"}));
  CHECK(clean["verdict"] == "clean");
  CHECK(clean["waiting"] == 5);
  std::set<std::string> checks;
  for (const Json& check : clean["checks"]) {
    // It had something to check.
    CHECK_MESSAGE(check["checked"].get<uint64_t>() > 0, check.dump());
    checks.insert(check["name"].get<std::string>());
  }
  std::vector<Sabotage> all = result_sabotages();
  for (auto& each : other_sabotages()) all.push_back(std::move(each));
  for (const Sabotage& sabotage : all) {
    CAPTURE(sabotage.name);
    checks.erase(sabotage.check);
    Books falsified = books;
    sabotage.falsify(falsified, random);
    falsified.lay_out(desk.admin());
    const Json report = report_of(desk.run({"audit", "--json", "--max-findings", "3"}), 3);
    CHECK(report["verdict"] == "violated");
    CHECK_MESSAGE(violations(report, sabotage.check) > 0, report);
    // A late result is no second one.
    if (sabotage.check == "request_order") CHECK(violations(report, "second_result") == 0);
    bool named = false;
    for (const Json& each : report["violations"]) {
      named = named || (each["check"] == sabotage.check && !each["detail"].get<std::string>().empty());
    }
    CHECK_MESSAGE(named, report);
  }
  for (const std::string& check : checks) FAIL_CHECK("no sabotage for ", check);
}

}  // namespace
}  // namespace orderd::test
