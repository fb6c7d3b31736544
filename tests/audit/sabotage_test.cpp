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
  const Ran ran = desk.run({"audit", "--json"});
  CHECK_MESSAGE(ran.status == 0, ran.output);
  const Json clean = report_of(ran);
  CHECK(clean["verdict"] == "clean");
  CHECK(clean["waiting"] == 5);
  // Each check had something to check.
  for (const Json& check : clean["checks"]) {
    CHECK_MESSAGE(check["checked"].get<uint64_t>() > 0, check.dump());
  }
  for (const Sabotage& sabotage : all_sabotages()) {
    Books falsified = books;
    sabotage.falsify(falsified, random);
    falsified.lay_out(desk.admin());
    const Ran found = desk.run({"audit", "--json", "--max-findings", "3"});
    CHECK_MESSAGE(found.status == 3, sabotage.name, ": ", found.output, found.errors);
    const Json report = report_of(found);
    CHECK(report["verdict"] == "violated");
    CHECK_MESSAGE(violations(report, sabotage.check) > 0, sabotage.name, ": ", found.output);
    bool named = false;
    for (const Json& violation : report["violations"]) {
      named = named || (violation["check"] == sabotage.check && !violation["detail"].get<std::string>().empty());
    }
    CHECK_MESSAGE(named, sabotage.name, ": ", found.output);
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
