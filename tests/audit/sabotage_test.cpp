// The audit is audited: true books are clean, and no way to spoil them goes unnoticed.
#include <doctest/doctest.h>

#include <set>

#include "audit/findings.h"
#include "audit/sabotage.h"

namespace orderd::test {
namespace {

Json report_of(const Ran& ran) {
  const auto lines = ran.json();
  REQUIRE_MESSAGE(lines.size() == 1, ran.errors);
  return lines.front();
}

// How many violations of that check a report tells.
uint64_t told(const Json& report, const std::string& check) {
  for (const Json& each : report["checks"]) {
    if (each["name"] == check) return each["violations"].get<uint64_t>();
  }
  FAIL("there is no such check: ", check);
  return 0;
}

std::vector<Sabotage> all_sabotages() {
  std::vector<Sabotage> all = result_sabotages();
  for (auto& each : other_sabotages()) all.push_back(std::move(each));
  return all;
}

TEST_CASE("true books are clean and each sabotage of them is told by its check") {
  Random random(test_seed());
  Desk desk;
  hold_sale(desk, random, 1200);
  const Ran live = desk.run({"audit", "--json"});
  CHECK_MESSAGE(live.status == 0, live.output);
  CHECK(report_of(live)["verdict"] == "clean");
  const Books books = Books::read(desk.admin());
  books.lay_out(desk.admin());
  const Ran copied = desk.run({"audit", "--json"});
  CHECK_MESSAGE(copied.status == 0, copied.output);
  // Each check had something to look at.
  const Json clean = report_of(copied);
  for (const Json& check : clean["checks"]) {
    CHECK_MESSAGE(check["checked"].get<uint64_t>() > 0, check.dump());
  }
  for (const Sabotage& sabotage : all_sabotages()) {
    Books spoilt = books;
    sabotage.spoil(spoilt, random);
    spoilt.lay_out(desk.admin());
    const Ran ran = desk.run({"audit", "--json", "--max-findings", "3"});
    CHECK_MESSAGE(ran.status == 3, sabotage.name, ": ", ran.output, ran.errors);
    const Json report = report_of(ran);
    CHECK(report["verdict"] == "violated");
    CHECK_MESSAGE(told(report, sabotage.check) > 0, sabotage.name, ": ", ran.output);
    bool named = false;
    for (const Json& violation : report["violations"]) {
      named = named || (violation["check"] == sabotage.check && !violation["detail"].get<std::string>().empty());
    }
    CHECK_MESSAGE(named, sabotage.name, ": ", ran.output);
  }
}

TEST_CASE("each check of the audit is the one that tells some sabotage") {
  std::set<std::string> killed;
  for (const Sabotage& sabotage : all_sabotages()) killed.insert(sabotage.check);
  for (std::size_t i = 0; i < audit::kChecks; ++i) {
    const std::string name = audit::text_of(static_cast<audit::Check>(i)).name;
    CHECK_MESSAGE(killed.count(name) == 1, name);
    killed.erase(name);
  }
  CHECK(killed.empty());
}

}  // namespace
}  // namespace orderd::test
