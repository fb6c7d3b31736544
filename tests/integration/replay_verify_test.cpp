#include <filesystem>
#include <fstream>
#include <set>

#include "integration/replay_desk.h"

namespace orderd::test {
namespace {

const Words kFlags = {"--orders", "2000", "--skus", "3", "--stock", "300", "--malformed", "0.05", "--repeated", "0.05"};

struct VerifyDesk : ReplayDesk {
  // Compares two files; below, with these contents.
  [[nodiscard]] Ran compare(const std::string& expected, const std::string& results, const Words& flags = {}) const {
    return replay(joined({"verify", file(expected), file(results)}, flags));
  }
  [[nodiscard]] Ran verify(const std::string& expected, const std::string& results, const Words& flags = {}) const {
    write_file(file("expected"), expected);
    write_file(file("results"), results);
    return compare("expected", "results", flags);
  }
  // The results of a run of a workload with a new server. `stock`: set before; empty: as the workload says.
  void run_workload(const std::string& name, const Words& stock = {}) const {
    ReplayDesk desk;
    const Process daemon = desk.start_orderd();
    if (!stock.empty()) succeeded(desk.run(stock));
    const Words words = {"run", desk.workload("w", kFlags), "--max", "--wait", "--record-results", file(name)};
    succeeded(desk.replay(joined(words, stock.empty() ? Words{"--set-stock"} : Words{})));
  }
};

// A line of a recording; below, of an accepted order of the SKU s, of another result, and of a change of stock.
std::string line_of(const Fields& fields) {
  return Json({{"fields", fields}}).dump() + "\n";
}
std::string accepted(const std::string& order, int remaining) {
  const std::string lines = R"([{"sku":"s","quantity":1,"remaining":)" + std::to_string(remaining) + "}]";
  return line_of({{"order", order}, {"request", "1-0"}, {"status", "accepted"}, {"lines", lines}});
}
std::string other(const std::string& order, const std::string& status) {
  return line_of({{"order", order}, {"request", "2-0"}, {"status", status}});
}
const std::string kChange = line_of({{"status", "stock"}, {"lines", R"([{"sku":"t","remaining":7}])"}});

TEST_CASE_FIXTURE(VerifyDesk, "two runs of the same workload decide the same") {
  run_workload("good");
  run_workload("same");
  CHECK(succeeded(compare("good", "same", {"--json"})).json() ==
        std::vector<Json>{Json::parse(R"({"expected":2000,"results":2000,"orders":0,"stock":0,"problems":0})")});
  // Different stock, different decisions.
  run_workload("other", {"stock", "set", "sku-1", "5"});
  const Ran ran = compare("good", "other");
  CHECK(ran.status == 3);
  for (const char* part : {"2000 results, 2000 expected, ", ": decided differently\n", "  expected  accepted",
                           "  result    rejected", "stock of sku-3: unknown, 0 expected"}) {
    CHECK_MESSAGE(ran.says(part), part, " is not in: ", ran.output);
  }
}

TEST_CASE_FIXTURE(VerifyDesk, "verify shows which orders and which stock differ") {
  const std::string both = accepted("a", 9) + accepted("b", 8) + kChange;
  CHECK(verify(both, both).output == "2 results, 2 expected, no difference\n");
  failed(verify("", both), {"'" + file("expected") + "' contains no results"});

  const auto differ = [&](const std::string& expected, const std::string& results, const Words& flags = {}) {
    return failed(verify(expected, results, flags), {}, 3);
  };
  CHECK(differ(both + other("", "rejected"), both)
            .says("requests without an order ID: 0 results, 1 expected\n  expected  rejected\n"));
  CHECK(differ(both, accepted("a", 9) + accepted("b", 7) + accepted("c", 6)).output ==
        "3 results, 2 expected, 2 orders differ, the stock of 2 SKUs differs\n"
        "order b: decided differently\n"
        "  expected  accepted [{\"sku\":\"s\",\"quantity\":1,\"remaining\":8}]\n"
        "  result    accepted [{\"sku\":\"s\",\"quantity\":1,\"remaining\":7}]\n"
        "order c: 1 result, 0 expected\n"
        "  result    accepted [{\"sku\":\"s\",\"quantity\":1,\"remaining\":6}]\n"
        "stock of s: 6, 8 expected\n"
        "stock of t: unknown, 7 expected\n");
  const auto stock = differ(both, accepted("a", 9) + accepted("b", 8), {"--json"}).json();
  CHECK(stock.at(0)["stock"] == 1);
  CHECK(stock.at(1) == Json::parse(R"({"sku":"t","expected":7,"remaining":null})"));

  const Json twice = differ(both, both + other("a", "duplicate"), {"--json"}).json().at(1);
  check_values(twice, {{"order", "a"}, {"problem", "2 results, 1 expected"}});
  CHECK(twice["results"].size() == 2);
  succeeded(verify(both, both + other("a", "duplicate"), {"--resent"}));

  // The order of an order's results counts, that of different orders does not.
  (void)differ(other("a", "x") + other("a", "y"), other("a", "y") + other("a", "x"));
  succeeded(verify(other("a", "x") + other("b", "y"), other("b", "y") + other("a", "x")));
  failed(verify(both, "nonsense\n"), {});
  failed(replay({"verify", "-", file("results")}), {}, 2);
  failed(replay({"verify", file("results")}), {}, 2);
}

TEST_CASE_FIXTURE(VerifyDesk, "a capture of results is compared with one from before") {
  const Process daemon = start_orderd();
  succeeded(replay({"run", workload("w", kFlags), "--set-stock", "--max", "--wait"}));
  succeeded(replay({"capture", "--results", "-o", file("before")}));
  ask(admin(), {"XDEL", "results", entries(admin(), "results").back().id});
  succeeded(replay({"capture", "--results", "-o", file("now")}));
  succeeded(compare("before", "before"));
  CHECK(failed(compare("before", "now"), {}, 3).says(" expected, 1 order differs, "));
}

TEST_CASE_FIXTURE(VerifyDesk, "a report is one page that includes its pictures") {
  const Process daemon = start_orderd();
  const std::string data = file("data");
  const std::string orders = workload("w", {"--preset", "drop", "--sku", "=<b>\"shoe\"</b>"});
  succeeded(replay({"run", orders, "--set-stock", "--wait", "--data", data}));
  const Ran ran = replay({"report", data});
  REQUIRE_MESSAGE(ran.status == 0, ran.errors);
  CHECK(ran.output == data + "/report.html\n");
  const std::string stock = content_of(data + "/stock.csv");
  CHECK(stock.starts_with("seconds,sku,remaining\n0.000000,\"'=<b>\"\"shoe\"\"</b>\",100\n"));
  CHECK(stock.ends_with("</b>\",0\n"));
  std::set<std::string> files;
  for (const auto& each : std::filesystem::directory_iterator(data)) files.insert(each.path().filename());
  CHECK(files == std::set<std::string>{"latency.csv", "report.html", "series.csv", "stock.csv", "summary.json"});
  const std::string page = content_of(data + "/report.html");
  CHECK(count_of(page, "<svg") == 4);
  for (const char* part : {">=&lt;b>", "prefers-color-scheme: dark", "insufficient_stock"}) {
    CHECK_MESSAGE(contains(page, part), part);
  }
  for (const char* part : {"<b>", "src=", "url(http"}) CHECK_MESSAGE(!contains(page, part), part);
  CHECK(replay({"report", file("nothing")}).complains("--data DIR writes it"));
}

TEST_CASE_FIXTURE(VerifyDesk, "a run of few or no requests has a report") {
  const Process daemon = start_orderd();
  for (const int orders : {0, 1, 512}) {
    CAPTURE(orders);
    std::string input;
    for (int i = 0; i < orders; ++i) {
      input += R"({"sku":"shoe","quantity":1,"id":"o-)" + std::to_string(orders + i) + "\"}\n";
    }
    const std::string data = file("data-" + std::to_string(orders));
    REQUIRE(replay({"run", "-", "--max", "--wait", "--data", data}, {.input = input}).status == 0);
    CHECK(succeeded(replay({"report", data})).errors.empty());
    CHECK(contains(content_of(data + "/report.html"), "Outcomes"));
    // As short as a run can be: one sample, at any time.
    std::ofstream(data + "/series.csv") << "seconds,pushed,accepted,rejected,duplicate\n0.000100," << orders << ",0,"
                                        << orders << ",0\n";
    succeeded(replay({"report", data}));
  }
}

TEST_CASE_FIXTURE(VerifyDesk, "order-replay refuses conflicting flags") {
  const std::pair<Words, std::string> mistakes[] = {
      {{"run", "f", "--max", "--rate", "1"}, "--max excludes --rate\n"},
      {{"run", "f", "--speed", "2", "--rate", "1"}, "--rate excludes --speed\n"},
      {{"run", "f", "--speed", "2", "--max"}, "--max excludes --speed\n"},
      {{"run", "f", "--verify"}, "--verify requires --wait\n"},
      {{"run", "f", "--timeout", "1s"}, "--timeout requires --wait\n"},
      {{"run", "f", "--set-stock", "--from-line", "3"}, "--set-stock excludes --from-line\n"},
      {{"generate", "--malformed", "0.7", "--repeated", "0.7"}, ""},
      {{"generate", "--lines-min", "3"}, ""},
      {{"generate", "--distribution", "normal"}, "--distribution: normal not in {uniform,zipf,hot}\n"},
      {{"generate", "--hot", "0.3"}, "--hot requires --distribution hot\n"},
      {{"generate", "--distribution", "hot", "--exponent", "2"}, "--exponent requires --distribution zipf\n"},
      {{"generate", "--json"}, "--json: order-replay generate prints no JSON\n"},
      {{"--json", "capture"}, "--json: order-replay capture prints no JSON\n"},
      {{"report", "d", "--lane", "a"}, "--lane: order-replay report does not depend on a lane\n"},
      {{"run", "f", "--lane", ""}, "--lane: the name of a lane is expected\n"}};
  for (const auto& [words, message] : mistakes) {
    const Ran ran = failed(replay(words), {}, 2);
    CHECK(ran.output.empty());
    CHECK_MESSAGE(ran.errors.starts_with("order-replay: " + message), message, " does not begin: ", ran.errors);
  }
  CHECK(replay({"run", "-", "--set-stock"}, {.input = "{}\n"}).complains("the recording begins without stock"));
  failed(replay({"run", "/nonexistent/file"}), {"cannot open '/nonexistent/file'"});
  for (const char* command : {"generate", "capture", "run", "verify", "report"}) {
    const Ran help = succeeded(replay({command, "--help"}), {"Examples:"});
    CHECK_FALSE(help.says("Needs:"));
    CHECK_FALSE(help.says("Excludes:"));
    CHECK(help.says(" PLACE ") == help.says("A PLACE is an entry ID"));
  }
}

}  // namespace
}  // namespace orderd::test
