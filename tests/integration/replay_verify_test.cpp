#include <filesystem>
#include <set>

#include "integration/replay_desk.h"

namespace orderd::test {
namespace {

const Words kFlags = {"--orders", "2000", "--skus", "3", "--stock", "300", "--malformed", "0.05", "--repeated", "0.05"};

TEST_CASE("two runs of the same workload decide the same") {
  const auto run = [](const Words& before) {
    ReplayDesk desk;
    const Process daemon = desk.start_orderd();
    if (!before.empty()) REQUIRE(desk.run(before).status == 0);
    Words words = {"run", desk.workload("w", kFlags), "--max", "--wait", "--record-results", desk.file("results")};
    if (before.empty()) words.emplace_back("--set-stock");
    const Ran ran = desk.replay(words);
    REQUIRE_MESSAGE(ran.status == 0, ran.errors);
    return content_of(desk.file("results"));
  };
  ReplayDesk desk;
  write_file(desk.file("good"), run({}));
  write_file(desk.file("same"), run({}));
  Ran ran = desk.replay({"verify", desk.file("good"), desk.file("same"), "--json"});
  CHECK(ran.status == 0);
  CHECK(ran.json() ==
        std::vector<Json>{Json::parse(R"({"expected":2000,"results":2000,"orders":0,"stock":0,"problems":0})")});
  // Different stock, different decisions.
  write_file(desk.file("other"), run({"stock", "set", "sku-1", "5"}));
  ran = desk.replay({"verify", desk.file("good"), desk.file("other")});
  CHECK(ran.status == 3);
  CHECK(ran.says("2000 results, 2000 expected, "));
  CHECK(ran.says(": decided differently\n"));
  CHECK(ran.says("  expected  accepted"));
  CHECK(ran.says("  result    rejected"));
  CHECK(ran.says("stock of sku-3: unknown, 0 expected"));
}

TEST_CASE("verify shows which orders and which stock differ") {
  ReplayDesk desk;
  const auto accepted = [](const std::string& order, int remaining) {
    return R"({"fields":[["order",")" + order +
           R"("],["request","1-0"],["status","accepted"],["lines","[{\"sku\":\"s\",)" +
           R"(\"quantity\":1,\"remaining\":)" + std::to_string(remaining) + "}]\"]]}\n";
  };
  const auto other = [](const std::string& order, const std::string& status) {
    return R"({"fields":[["order",")" + order + R"("],["request","2-0"],["status",")" + status + "\"]]}\n";
  };
  const std::string change = R"({"fields":[["status","stock"],["lines","[{\"sku\":\"t\",\"remaining\":7}]"]]})"
                             "\n";
  const auto verify = [&desk](const std::string& expected, const std::string& results, const Words& flags = {}) {
    write_file(desk.file("expected"), expected);
    write_file(desk.file("results"), results);
    Words words = {"verify", desk.file("expected"), desk.file("results")};
    words.insert(words.end(), flags.begin(), flags.end());
    return desk.replay(words);
  };
  const std::string both = accepted("a", 9) + accepted("b", 8) + change;
  CHECK(verify(both, both).output == "2 results, 2 expected, no difference\n");
  Ran ran = verify("", both);
  CHECK(ran.status == 1);
  CHECK(ran.complains("'" + desk.file("expected") + "' contains no results"));

  ran = verify(both + other("", "rejected"), both);
  CHECK(ran.status == 3);
  CHECK(ran.says("requests without an order ID: 0 results, 1 expected\n  expected  rejected\n"));
  ran = verify(both, accepted("a", 9) + accepted("b", 7) + accepted("c", 6));
  CHECK(ran.status == 3);
  CHECK(ran.output ==
        "3 results, 2 expected, 2 orders differ, the stock of 2 SKUs differs\n"
        "order b: decided differently\n"
        "  expected  accepted [{\"sku\":\"s\",\"quantity\":1,\"remaining\":8}]\n"
        "  result    accepted [{\"sku\":\"s\",\"quantity\":1,\"remaining\":7}]\n"
        "order c: 1 result, 0 expected\n"
        "  result    accepted [{\"sku\":\"s\",\"quantity\":1,\"remaining\":6}]\n"
        "stock of s: 6, 8 expected\n"
        "stock of t: unknown, 7 expected\n");
  ran = verify(both, accepted("a", 9) + accepted("b", 8), {"--json"});
  CHECK(ran.status == 3);
  CHECK(ran.json().at(0)["stock"] == 1);
  CHECK(ran.json().at(1) == Json::parse(R"({"sku":"t","expected":7,"remaining":null})"));

  ran = verify(both, both + other("a", "duplicate"), {"--json"});
  CHECK(ran.status == 3);
  CHECK(ran.json().at(1)["order"] == "a");
  CHECK(ran.json().at(1)["problem"] == "2 results, 1 expected");
  CHECK(ran.json().at(1)["results"].size() == 2);
  CHECK(verify(both, both + other("a", "duplicate"), {"--resent"}).status == 0);

  // The order of an order's results counts, that of different orders does not.
  CHECK(verify(other("a", "x") + other("a", "y"), other("a", "y") + other("a", "x")).status == 3);
  CHECK(verify(other("a", "x") + other("b", "y"), other("b", "y") + other("a", "x")).status == 0);
  CHECK(verify(both, "nonsense\n").status == 1);
  CHECK(desk.replay({"verify", "-", desk.file("results")}).status == 2);
  CHECK(desk.replay({"verify", desk.file("results")}).status == 2);
}

TEST_CASE("a capture of results is compared with one from before") {
  ReplayDesk desk;
  const Process daemon = desk.start_orderd();
  REQUIRE(desk.replay({"run", desk.workload("w", kFlags), "--set-stock", "--max", "--wait"}).status == 0);
  REQUIRE(desk.replay({"capture", "--results", "-o", desk.file("before")}).status == 0);
  const auto results = entries(desk.admin(), "results");
  ask(desk.admin(), {"XDEL", "results", results.back().id});
  REQUIRE(desk.replay({"capture", "--results", "-o", desk.file("now")}).status == 0);
  CHECK(desk.replay({"verify", desk.file("before"), desk.file("before")}).status == 0);
  const Ran ran = desk.replay({"verify", desk.file("before"), desk.file("now")});
  CHECK(ran.status == 3);
  CHECK(ran.says(" expected, 1 order differs, "));
}

TEST_CASE("a report is one page that includes its pictures") {
  ReplayDesk desk;
  const Process daemon = desk.start_orderd();
  const std::string data = desk.file("data");
  const std::string file = desk.workload("w", {"--preset", "drop", "--sku", "=<b>\"shoe\"</b>"});
  REQUIRE(desk.replay({"run", file, "--set-stock", "--wait", "--data", data}).status == 0);
  const Ran ran = desk.replay({"report", data});
  REQUIRE_MESSAGE(ran.status == 0, ran.errors);
  CHECK(ran.output == data + "/report.html\n");
  const std::string stock = content_of(data + "/stock.csv");
  CHECK(stock.starts_with("seconds,sku,remaining\n0.000000,\"'=<b>\"\"shoe\"\"</b>\",100\n"));
  CHECK(stock.ends_with("</b>\",0\n"));
  std::set<std::string> files;
  for (const auto& each : std::filesystem::directory_iterator(data)) files.insert(each.path().filename());
  CHECK(files == std::set<std::string>{"latency.csv", "report.html", "series.csv", "stock.csv", "summary.json"});
  const std::string page = content_of(data + "/report.html");
  std::size_t pictures = 0;
  for (std::size_t at = 0; (at = page.find("<svg", at)) != std::string::npos; ++at) ++pictures;
  CHECK(pictures == 4);
  CHECK(page.find("<b>") == std::string::npos);
  CHECK(page.find(">=&lt;b>") != std::string::npos);
  CHECK(page.find("src=") == std::string::npos);
  CHECK(page.find("url(http") == std::string::npos);
  CHECK(page.find("prefers-color-scheme: dark") != std::string::npos);
  CHECK(page.find("insufficient_stock") != std::string::npos);
  CHECK(desk.replay({"report", desk.file("nothing")}).complains("--data DIR writes it"));
}

TEST_CASE("a run of few or no requests has a report") {
  ReplayDesk desk;
  const Process daemon = desk.start_orderd();
  for (const int orders : {0, 1, 512}) {
    CAPTURE(orders);
    std::string input;
    for (int i = 0; i < orders; ++i) {
      input += R"({"sku":"shoe","quantity":1,"id":"o-)" + std::to_string(orders + i) + "\"}\n";
    }
    const std::string data = desk.file("data-" + std::to_string(orders));
    REQUIRE(desk.replay({"run", "-", "--max", "--wait", "--data", data}, {.input = input}).status == 0);
    const Ran ran = desk.replay({"report", data});
    CHECK_MESSAGE(ran.status == 0, ran.errors);
    CHECK(ran.errors.empty());
    CHECK(content_of(data + "/report.html").find("Outcomes") != std::string::npos);
    // As short as a run can be: one sample, at any time.
    write_file(data + "/series.csv", "seconds,pushed,accepted,rejected,duplicate\n0.000100," + std::to_string(orders) +
                                         ",0," + std::to_string(orders) + ",0\n");
    CHECK(desk.replay({"report", data}).status == 0);
  }
}

TEST_CASE("order-replay refuses conflicting flags") {
  const ReplayDesk desk;
  const auto refused = [&](const Words& words) {
    const Ran ran = desk.replay(words);
    CHECK_MESSAGE(ran.status == 2, ran.errors);
    CHECK(ran.output.empty());
    return lines_of(ran.errors).front();
  };
  CHECK(refused({"run", "f", "--max", "--rate", "1"}) == "order-replay: --max excludes --rate");
  CHECK(refused({"run", "f", "--speed", "2", "--rate", "1"}) == "order-replay: --rate excludes --speed");
  CHECK(refused({"run", "f", "--speed", "2", "--max"}) == "order-replay: --max excludes --speed");
  CHECK(refused({"run", "f", "--verify"}) == "order-replay: --verify requires --wait");
  CHECK(refused({"run", "f", "--timeout", "1s"}) == "order-replay: --timeout requires --wait");
  CHECK(refused({"run", "f", "--set-stock", "--from-line", "3"}) == "order-replay: --set-stock excludes --from-line");
  CHECK(!refused({"generate", "--malformed", "0.7", "--repeated", "0.7"}).empty());
  CHECK(!refused({"generate", "--lines-min", "3"}).empty());
  CHECK(refused({"generate", "--distribution", "normal"}) ==
        "order-replay: --distribution: normal not in {uniform,zipf,hot}");
  CHECK(refused({"generate", "--hot", "0.3"}) == "order-replay: --hot requires --distribution hot");
  CHECK(refused({"generate", "--distribution", "hot", "--exponent", "2"}) ==
        "order-replay: --exponent requires --distribution zipf");
  CHECK(refused({"generate", "--json"}) == "order-replay: --json: order-replay generate prints no JSON");
  CHECK(refused({"--json", "capture"}) == "order-replay: --json: order-replay capture prints no JSON");
  CHECK(refused({"report", "d", "--lane", "a"}) ==
        "order-replay: --lane: order-replay report does not depend on a lane");
  CHECK(refused({"run", "f", "--lane", ""}) == "order-replay: --lane: the name of a lane is expected");
  CHECK(desk.replay({"run", "-", "--set-stock"}, {.input = "{}\n"}).complains("the recording begins without stock"));
  const Ran none = desk.replay({"run", "/nonexistent/file"});
  CHECK(none.status == 1);
  CHECK(none.complains("cannot open '/nonexistent/file'"));
  for (const char* command : {"generate", "capture", "run", "verify", "report"}) {
    const Ran help = desk.replay({command, "--help"});
    CHECK(help.status == 0);
    CHECK(help.says("Examples:"));
    CHECK_FALSE(help.says("Needs:"));
    CHECK_FALSE(help.says("Excludes:"));
    CHECK(help.says(" PLACE ") == help.says("A PLACE is an entry ID"));
  }
}

}  // namespace
}  // namespace orderd::test
