#include <csignal>
#include <fstream>

#include "integration/replay_desk.h"
#include "support/wait_for.h"

namespace orderd::test {
namespace {

using std::chrono::seconds;

TEST_CASE("a run pushes a workload and finds the result of each request") {
  ReplayDesk desk;
  const Process daemon = desk.start_orderd();
  const std::string file =
      desk.workload("w", {"--orders", "5000", "--skus", "3", "--stock", "700", "--malformed", "0.05", "--repeated",
                          "0.05", "--reused", "0.02", "--unknown", "0.02", "--quantity-max", "3", "--lines-max", "2"});
  const Ran ran =
      desk.replay({"run", file, "--set-stock", "--max", "--wait", "--verify", "--json", "--producers", "3"});
  REQUIRE_MESSAGE(ran.status == 0, ran.errors);
  const Json json = ran.json().at(0);
  CHECK(json["pushed"] == 5000);
  CHECK(json["stock_set"] == 3);
  CHECK(json["missing"] == 0);
  CHECK(json["rejected"].contains("malformed"));
  CHECK(json["rejected"].contains("unknown_sku"));
  CHECK(json["rejected"].contains("id_reused"));
  CHECK(json["duplicates"] > 0);
  uint64_t results = json["accepted"].get<uint64_t>() + json["duplicates"].get<uint64_t>();
  for (const auto& [reason, count] : json["rejected"].items()) results += count.get<uint64_t>();
  CHECK(results == 5000);
  CHECK(json["latency_us"]["p50"] <= json["latency_us"]["p99"]);
  CHECK(json["latency_us"]["p99"] <= json["latency_us"]["max"]);
  CHECK(length(desk.admin(), "orders") == 5000);
  CHECK(desk.run({"audit"}).status == 0);
}

TEST_CASE("a run keeps the times of a rate and of a recording") {
  ReplayDesk desk;
  const std::string file = desk.workload("w", {"--orders", "300", "--rate", "1000"});
  CHECK(desk.replay({"run", file, "--json"}).json().at(0)["push_seconds"] >= 0.298);
  CHECK(desk.replay({"run", file, "--speed", "2", "--json"}).json().at(0)["push_seconds"] >= 0.149);
  CHECK(desk.replay({"run", file, "--rate", "500", "--json"}).json().at(0)["push_seconds"] >= 0.597);
}

TEST_CASE("all requests of the preset drop are due in the same second unless a rate is given") {
  const ReplayDesk desk;
  const auto last_due = [&](const Words& flags) {
    Words all = {"--preset", "drop", "--orders", "20000"};
    all.insert(all.end(), flags.begin(), flags.end());
    std::ifstream file(desk.workload("w", all));
    std::string last;
    for (std::string line; std::getline(file, line);) last = line;
    return Json::parse(last).at("at_us").get<uint64_t>();
  };
  CHECK(last_due({}) == doctest::Approx(1'000'000).epsilon(0.05));
  CHECK(last_due({"--rate", "5000"}) == doctest::Approx(4'000'000).epsilon(0.05));
}

TEST_CASE("plain and recorded orders can be in one file and bytes are preserved") {
  ReplayDesk desk;
  const std::string input =
      "{\"id\":\"o-1\",\"sku\":\"shoe\",\"quantity\":1}\n\n"
      "{\"fields\":[[\"id\",\"o-2\"],[\"raw\",{\"base64\":\"/wA=\"}]]}\n";
  const Ran ran = desk.replay({"run", "-", "--json"}, {.input = input});
  REQUIRE_MESSAGE(ran.status == 0, ran.errors);
  const auto pushed = entries(desk.admin(), "orders");
  REQUIRE(pushed.size() == 2);
  CHECK(pushed[0].fields == Fields{{"order", R"({"id":"o-1","sku":"shoe","quantity":1})"}});
  CHECK(pushed[1].fields == Fields{{"id", "o-2"}, {"raw", std::string("\xFF\0", 2)}});
}

TEST_CASE("a submitted file and a run report what became of them in the same words") {
  ReplayDesk desk;
  const Process daemon = desk.start_orderd();
  REQUIRE(desk.run({"stock", "set", "shoe", "1"}).status == 0);
  const std::string input =
      "{\"id\":\"o-1\",\"sku\":\"shoe\",\"quantity\":1}\n{\"id\":\"o-2\",\"sku\":\"sock\",\"quantity\":1}\n";
  const std::string first = desk.run({"submit", "-", "--wait"}, {.input = input}).output;
  const std::string second = desk.replay({"run", "-", "--max", "--wait"}, {.input = input}).output;
  const auto table = [](const std::string& output) {
    const std::size_t begin = output.find("RESULT ");
    REQUIRE(begin != std::string::npos);
    return output.substr(begin, output.find("\n\n", begin) - begin);
  };
  CHECK(table(first) ==
        "RESULT     REQUESTS\n"
        "accepted          1\n"
        "rejected          1  unknown_sku\n"
        "duplicate         0");
  CHECK(table(second) ==
        "RESULT     REQUESTS\n"
        "accepted          0\n"
        "rejected          0\n"
        "duplicate         2");
  for (const std::string& output : {first, second}) {
    CHECK(output.starts_with("pushed 2 requests in "));
    CHECK(output.find("\nthe last result arrived after ") != std::string::npos);
  }
}

TEST_CASE("a line that is not a request ends the run and is named") {
  ReplayDesk desk;
  const Ran ran = desk.replay({"run", "-", "--json"}, {.input = "{}\n{}\nnonsense\n{}\n"});
  CHECK(ran.status == 1);
  CHECK(ran.complains("standard input: line 3: not a JSON object"));
  CHECK(ran.complains("--from-line 3"));
  CHECK(ran.json().at(0)["pushed"] == 2);
  CHECK(ran.json().at(0)["next_line"] == 3);
  CHECK(length(desk.admin(), "orders") == 2);
}

TEST_CASE("a run that was stopped says how to continue and nothing is missing then") {
  ReplayDesk desk;
  const Process daemon = desk.start_orderd();
  const std::string file = desk.workload("w", {"--orders", "4000", "--rate", "2000"});
  Process process = desk.start_replay({"run", file, "--set-stock", "--json"});
  wait_for([&] { return length(desk.admin(), "orders") > 100; }, seconds(30), "requests are pushed");
  process.signal(SIGINT);
  CHECK(process.wait() == 1);
  const Json json = json_lines(process.output()).at(0);
  CHECK(json["stopped"] == true);
  const std::string line = std::to_string(json["next_line"].get<uint64_t>());
  CHECK(process.errors().find("--from-line " + line) != std::string::npos);
  CHECK(json["pushed"] == length(desk.admin(), "orders"));
  CHECK(json["pushed"] < 4000);
  const Ran rest = desk.replay({"run", file, "--from-line", line, "--max", "--wait", "--json"});
  REQUIRE_MESSAGE(rest.status == 0, rest.errors);
  CHECK(json["pushed"].get<uint64_t>() + rest.json().at(0)["pushed"].get<uint64_t>() == 4000);
  CHECK(desk.run({"audit"}).status == 0);
}

TEST_CASE("a run that gets two signals still says how to continue") {
  ReplayDesk desk;
  const std::string file = desk.workload("w", {"--orders", "200000", "--rate", "2000"});
  Process process = desk.start_replay({"run", file, "--json"});
  wait_for([&] { return length(desk.admin(), "orders") > 100; }, seconds(30), "requests are pushed");
  SUBCASE("at once") {
    for (int i = 0; i < 2; ++i) process.signal(SIGINT);
  }
  SUBCASE("the second one while there is no reply") {
    desk.server().pause();
    process.signal(SIGINT);
    wait_for([&] { return process.errors().find("signal again to stop now") != std::string::npos; }, seconds(30),
             "the first one is handled");
    // A signal within 50 ms counts as the same one.
    wait_for([&] { return !process.running() || (process.signal(SIGINT), false); }, seconds(30), "the end");
    desk.server().resume();
  }
  CHECK(process.wait() == 1);
  const Json json = json_lines(process.output()).at(0);
  CHECK(json["stopped"] == true);
  CHECK(process.errors().find("--from-line " + std::to_string(json["next_line"].get<uint64_t>())) != std::string::npos);
}

TEST_CASE("a byte order mark is not part of the first line") {
  ReplayDesk desk;
  const std::string first = R"({"id":"o-1","sku":"shoe","quantity":1})";
  REQUIRE(desk.replay({"run", "-", "--max"}, {.input = "\xEF\xBB\xBF" + first + "\n{}\n"}).status == 0);
  CHECK(entries(desk.admin(), "orders").at(0).field("order") == first);
}

TEST_CASE("a run continues when the server was killed and restarted") {
  ReplayDesk desk({.append_only = ServerOptions::AppendOnly::kAlways});
  const Process daemon = desk.start_orderd();
  const std::string file = desk.workload("w", {"--orders", "6000", "--rate", "3000"});
  Process process = desk.start_replay({"run", file, "--set-stock", "--wait", "--verify", "--producers", "2", "--json"});
  wait_for([&] { return length(desk.admin(), "results") > 500; }, seconds(30), "results come");
  desk.server().kill();
  desk.server().start();
  desk.connect();
  const int status = process.wait(std::chrono::minutes(2));
  REQUIRE_MESSAGE(status == 0, process.errors());
  const Json json = json_lines(process.output()).at(0);
  CHECK(json["pushed"] == 6000);
  CHECK(json["unknown"] == 0);
  CHECK(desk.run({"audit"}).status == 0);
}

TEST_CASE("without retries unknown outcomes are counted") {
  ReplayDesk desk;
  const std::string file = desk.workload("w", {"--orders", "200000"});
  Process process = desk.start_replay({"run", file, "--max", "--no-retry", "--json"});
  wait_for([&] { return length(desk.admin(), "orders") > 1000; }, seconds(30), "requests are pushed");
  desk.server().pause();
  desk.server().kill();
  desk.server().start();
  CHECK(process.wait(std::chrono::minutes(2)) == 1);
  const Json json = json_lines(process.output()).at(0);
  CHECK(json["unknown"] > 0);
  CHECK(json["pushed"].get<uint64_t>() + json["unknown"].get<uint64_t>() == 200'000);
}

TEST_CASE("a server out of memory gets the requests when memory is free again") {
  ReplayDesk desk;
  const std::string file = desk.workload("w", {"--orders", "2000"});
  ask(desk.admin(), {"CONFIG", "SET", "maxmemory", "1"});
  Process process = desk.start_replay({"run", file, "--max", "--json"});
  wait_for([&] { return process.errors().find("retrying until it can") != std::string::npos; }, seconds(30),
           "the refusal is reported");
  CHECK(length(desk.admin(), "orders") == 0);
  ask(desk.admin(), {"CONFIG", "SET", "maxmemory", "0"});
  CHECK(process.wait() == 0);
  CHECK(length(desk.admin(), "orders") == 2000);
}

TEST_CASE("a run needs no administrative command") {
  ReplayDesk desk({.config = {"rename-command CONFIG \"\"", "rename-command INFO \"\"", "rename-command CLIENT \"\"",
                              "rename-command HELLO \"\"", "rename-command ROLE \"\""}});
  const std::string file = desk.workload("w", {"--orders", "10"});
  CHECK(desk.replay({"run", file, "--set-stock", "--max"}).status == 0);
  CHECK(length(desk.admin(), "orders") == 10);
  CHECK(desk.replay({"capture"}).status == 0);
}

TEST_CASE("an orders stream of the wrong type ends the run at once") {
  ReplayDesk desk;
  set(desk.admin(), "orders", "no stream");
  const Ran ran = desk.replay({"run", "-", "--json"}, {.input = "{}\n"});
  CHECK(ran.status == 1);
  CHECK(ran.complains("line 1 was refused: WRONGTYPE"));
  CHECK(ran.json().at(0)["failed"] == 1);
}

TEST_CASE("missing results end a run with status 1") {
  ReplayDesk desk;
  const Ran ran = desk.replay({"run", "-", "--wait", "--timeout", "200ms", "--json"}, {.input = "{}\n{}\n"});
  CHECK(ran.status == 1);
  CHECK(ran.complains("2 requests have no result"));
  CHECK(ran.json().at(0)["missing"] == 2);
}

TEST_CASE("a second result of a request is a violation") {
  ReplayDesk desk;
  Process process = desk.start_replay({"run", "-", "--wait", "--verify", "--json"}, {.input = "{}\n{}\n"});
  wait_for([&] { return length(desk.admin(), "orders") == 2; }, seconds(30), "the requests");
  const auto pushed = entries(desk.admin(), "orders");
  for (const std::size_t i : {0U, 0U, 1U}) {
    xadd(desk.admin(), "results", {{"order", ""}, {"request", pushed[i].id}, {"status", "rejected"}});
  }
  CHECK(process.wait() == 3);
  CHECK(process.errors().find("the request " + pushed[0].id + " has a second result") != std::string::npos);
}

TEST_CASE("the memory of a run does not grow with its file") {
  ReplayDesk desk;
  const std::string small = desk.workload("small", {"--orders", "10000"});
  const std::string large = desk.workload("large", {"--orders", "1000000", "--id", "p-"});
  const auto peak = [&desk](const std::string& file) {
    const Ran ran = desk.replay({"run", file, "--max", "--json", "--quiet"});
    REQUIRE_MESSAGE(ran.status == 0, ran.errors);
    return ran.json().at(0)["peak_kib"].get<uint64_t>();
  };
  const uint64_t of_small = peak(small);
  const uint64_t of_large = peak(large);
  CHECK_MESSAGE(of_large < of_small + 4096, of_small, " KiB and ", of_large, " KiB");
}

}  // namespace
}  // namespace orderd::test
