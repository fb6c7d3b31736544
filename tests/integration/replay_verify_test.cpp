#include <filesystem>
#include <set>

#include "integration/replay_desk.h"

namespace orderd::test {
namespace {

const Words kFlags = {"--orders", "2000", "--skus", "3", "--stock", "300", "--malformed", "0.05", "--repeated", "0.05"};

TEST_CASE("two runs of the same workload decide the same") {
  ReplayDesk first;
  const std::string file = first.workload("w", kFlags);
  const std::string good = first.file("good");
  {
    const Process daemon = first.start_orderd();
    const Ran ran = first.replay({"run", file, "--set-stock", "--max", "--wait", "--record-results", good});
    REQUIRE_MESSAGE(ran.status == 0, ran.errors);
  }
  ReplayDesk second;
  const Process daemon = second.start_orderd();
  REQUIRE(second.replay({"run", file, "--set-stock", "--max", "--wait"}).status == 0);
  Ran ran = second.replay({"verify", file, "--expect", good, "--json"});
  CHECK(ran.status == 0);
  CHECK(ran.json().at(0)["problems"] == 0);
  CHECK(ran.json().at(0)["results"] == 2000);

  // Different stock, different decisions.
  ReplayDesk third;
  const Process other = third.start_orderd();
  REQUIRE(third.run({"stock", "set", "sku-1", "5"}).status == 0);
  REQUIRE(third.replay({"run", file, "--max", "--wait"}).status == 0);
  ran = third.replay({"verify", file, "--expect", good});
  CHECK(ran.status == 3);
  CHECK(ran.says("decided differently"));
  CHECK(ran.says("  expected  accepted"));
  CHECK(ran.says("  result    rejected"));
  CHECK(third.replay({"verify", file}).status == 0);
}

TEST_CASE("verify finds missing results and orders that were sold twice") {
  ReplayDesk desk;
  const std::string file = desk.file("w");
  write_file(file, "{\"id\":\"a\",\"sku\":\"s\",\"quantity\":1}\n{\"id\":\"b\",\"sku\":\"s\",\"quantity\":1}\n{}\n");
  const auto result = [&desk](const std::string& order, const std::string& request, const std::string& status) {
    (void)xadd(desk.admin(), "results", {{"order", order}, {"request", request}, {"status", status}});
  };
  result("a", "1-0", "accepted");
  result("b", "2-0", "accepted");
  Ran ran = desk.replay({"verify", file});
  CHECK(ran.status == 3);
  CHECK(ran.says("requests without an order ID: 1 request, 0 results"));
  result("", "3-0", "rejected");
  result("of a stranger", "4-0", "accepted");
  CHECK(desk.replay({"verify", file}).status == 0);
  result("a", "5-0", "duplicate");
  ran = desk.replay({"verify", file});
  CHECK(ran.status == 3);
  CHECK(ran.says("order a: 1 request, 2 results"));
  CHECK(desk.replay({"verify", file, "--resent"}).status == 0);
  result("b", "6-0", "accepted");
  ran = desk.replay({"verify", file, "--resent", "--json"});
  CHECK(ran.status == 3);
  CHECK(ran.json().at(0)["problems"] == 1);
  CHECK(ran.json().at(1)["order"] == "b");
}

TEST_CASE("verify finds results out of order") {
  ReplayDesk desk;
  const std::string file = desk.file("w");
  write_file(file, "{\"id\":\"a\",\"sku\":\"s\",\"quantity\":1}\n{\"id\":\"b\",\"sku\":\"s\",\"quantity\":1}\n");
  const auto result = [&desk](const std::string& id, const std::string& order, const std::string& request) {
    ask(desk.admin(), {"XADD", "results", id, "order", order, "request", request, "status", "accepted"});
  };
  result("1-0", "b", "10-0");
  result("2-0", "a", "9-0");
  Ran ran = desk.replay({"verify", file});
  CHECK(ran.status == 3);
  CHECK(
      ran.says("2 requests, 2 results, 1 problem\nout of order: result 2-0 of request 9-0 comes after that of 10-0\n"));
  ran = desk.replay({"verify", file, "--json"});
  CHECK(ran.json().at(0)["out_of_order"] == 1);
  CHECK(ran.json().at(1)["problem"].get<std::string>().starts_with("result 2-0"));
  // Also between other requests: it is one sequence.
  ask_number(desk.admin(), {"DEL", "results"});
  result("1-0", "a", "9-0");
  result("2-0", "b", "10-0");
  result("3-0", "of a stranger", "10-0");
  CHECK(desk.replay({"verify", file, "--json"}).json().at(0)["out_of_order"] == 1);
  CHECK(desk.replay({"verify", file, "--after", "1-0"}).status == 3);
}

TEST_CASE("captured requests are verified by their entry IDs") {
  ReplayDesk desk;
  const Process daemon = desk.start_orderd();
  REQUIRE(desk.replay({"run", desk.workload("w", kFlags), "--set-stock", "--max", "--wait"}).status == 0);
  const std::string file = desk.file("c");
  REQUIRE(desk.replay({"capture", "-o", file}).status == 0);
  CHECK(desk.replay({"verify", file, "--entries"}).status == 0);
  const auto results = entries(desk.admin(), "results");
  ask(desk.admin(), {"XDEL", "results", results.back().id});
  const Ran ran = desk.replay({"verify", file, "--entries"});
  CHECK(ran.status == 3);
  CHECK(ran.says("request " + results.back().field("request") + ": 1 request, 0 results"));
  CHECK(desk.replay({"verify", "-"}).status == 2);
  write_file(file, "{}\n");
  const Ran none = desk.replay({"verify", file, "--entries"});
  CHECK(none.status == 1);
  CHECK(none.complains("line 1 has no entry ID"));
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
