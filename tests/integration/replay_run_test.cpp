#include <csignal>

#include "integration/replay_desk.h"

namespace orderd::test {
namespace {

using std::chrono::seconds;

struct RunDesk : ReplayDesk {
  using ReplayDesk::ReplayDesk;

  // The summary of a run, which has to succeed; below, of one in the background, which has ended.
  [[nodiscard]] Json summary(const Words& words, const ProcessOptions& options = {}) const {
    return succeeded(replay(joined(words, {"--json"}), options)).json().at(0);
  }
  [[nodiscard]] static Json summary(const Process& process) { return json_lines(process.output()).at(0); }
  // Waits until a stream has more entries than this.
  void wait_for_more_than(std::size_t count, const std::string& stream = "orders") {
    wait_for([&] { return length(admin(), stream) > count; }, seconds(30), "more " + stream);
  }
};

TEST_CASE_FIXTURE(RunDesk, "a run pushes a workload and finds the result of each request") {
  const Process daemon = start_orderd();
  const std::string file =
      workload("w", {"--orders", "5000", "--skus", "3", "--stock", "700", "--malformed", "0.05", "--repeated", "0.05",
                     "--reused", "0.02", "--unknown", "0.02", "--quantity-max", "3", "--lines-max", "2"});
  const Json json = summary({"run", file, "--set-stock", "--max", "--wait", "--verify", "--producers", "3"});
  check_values(json, {{"pushed", 5000}, {"stock_set", 3}, {"missing", 0}});
  for (const char* reason : {"malformed", "unknown_sku", "id_reused"}) {
    CHECK_MESSAGE(json["rejected"].contains(reason), reason);
  }
  CHECK(json["duplicates"] > 0);
  uint64_t results = json["accepted"].get<uint64_t>() + json["duplicates"].get<uint64_t>();
  for (const auto& [reason, count] : json["rejected"].items()) results += count.get<uint64_t>();
  CHECK(results == 5000);
  CHECK(json["latency_us"]["p50"] <= json["latency_us"]["p99"]);
  CHECK(json["latency_us"]["p99"] <= json["latency_us"]["max"]);
  CHECK(length(admin(), "orders") == 5000);
  succeeded(run({"audit"}));
}

TEST_CASE_FIXTURE(RunDesk, "a run keeps the times of a rate and of a recording") {
  const std::string file = workload("w", {"--orders", "300", "--rate", "1000"});
  CHECK(summary({"run", file})["push_seconds"] >= 0.298);
  CHECK(summary({"run", file, "--speed", "2"})["push_seconds"] >= 0.149);
  CHECK(summary({"run", file, "--rate", "500"})["push_seconds"] >= 0.597);
}

TEST_CASE_FIXTURE(RunDesk, "all requests of the preset drop are due in the same second unless a rate is given") {
  const auto last_due = [&](const Words& flags) {
    const std::string file = workload("w", joined({"--preset", "drop", "--orders", "20000"}, flags));
    return Json::parse(lines_of(content_of(file)).back()).at("at_us").get<uint64_t>();
  };
  CHECK(last_due({}) == doctest::Approx(1'000'000).epsilon(0.05));
  CHECK(last_due({"--rate", "5000"}) == doctest::Approx(4'000'000).epsilon(0.05));
}

TEST_CASE_FIXTURE(RunDesk, "plain and recorded orders can be in one file and bytes are preserved") {
  const std::string plain = R"({"id":"o-1","sku":"shoe","quantity":1})";
  // A byte order mark is not part of the first line.
  const std::string input =
      "\xEF\xBB\xBF" + plain + "\n\n{\"fields\":[[\"id\",\"o-2\"],[\"raw\",{\"base64\":\"/wA=\"}]]}\n";
  succeeded(replay({"run", "-", "--json"}, {.input = input}));
  const auto pushed = entries(admin(), "orders");
  REQUIRE(pushed.size() == 2);
  CHECK(pushed[0].fields == Fields{{"order", plain}});
  CHECK(pushed[1].fields == Fields{{"id", "o-2"}, {"raw", std::string("\xFF\0", 2)}});
}

TEST_CASE_FIXTURE(RunDesk, "a submitted file and a run report what became of them in the same words") {
  const Process daemon = start_orderd();
  succeeded(run({"stock", "set", "shoe", "1"}));
  const ProcessOptions options = {
      .input = "{\"id\":\"o-1\",\"sku\":\"shoe\",\"quantity\":1}\n{\"id\":\"o-2\",\"sku\":\"sock\",\"quantity\":1}\n"};
  const auto check = [](const Ran& ran, const std::string& table) {
    CHECK(ran.output.starts_with("pushed 2 requests in "));
    CHECK_MESSAGE(ran.says("\n\nRESULT     REQUESTS\n" + table + "\n\n"), ran.output);
    CHECK(ran.says("\nthe last result arrived after "));
  };
  check(run({"submit", "-", "--wait"}, options),
        "accepted          1\n"
        "rejected          1  unknown_sku\n"
        "duplicate         0");
  check(replay({"run", "-", "--max", "--wait"}, options),
        "accepted          0\n"
        "rejected          0\n"
        "duplicate         2");
}

TEST_CASE_FIXTURE(RunDesk, "a run that was stopped says how to continue and nothing is missing then") {
  const Process daemon = start_orderd();
  const std::string file = workload("w", {"--orders", "4000", "--rate", "2000"});
  Process process = start_replay({"run", file, "--set-stock", "--json"});
  wait_for_more_than(100);
  process.signal(SIGINT);
  CHECK(process.wait() == 1);
  const Json json = summary(process);
  check_values(json, {{"stopped", true}, {"pushed", length(admin(), "orders")}});
  CHECK(json["pushed"] < 4000);
  const std::string line = std::to_string(json["next_line"].get<uint64_t>());
  CHECK(says(process, "--from-line " + line));
  const Json rest = summary({"run", file, "--from-line", line, "--max", "--wait"});
  CHECK(json["pushed"].get<uint64_t>() + rest["pushed"].get<uint64_t>() == 4000);
  succeeded(run({"audit"}));
}

TEST_CASE_FIXTURE(RunDesk, "a run that gets two signals still says how to continue") {
  const std::string file = workload("w", {"--orders", "200000", "--rate", "2000"});
  Process process = start_replay({"run", file, "--json"});
  wait_for_more_than(100);
  SUBCASE("at once") {
    for (int i = 0; i < 2; ++i) process.signal(SIGINT);
  }
  SUBCASE("the second one while there is no reply") {
    server().pause();
    process.signal(SIGINT);
    wait_for([&] { return says(process, "signal again to stop now"); }, seconds(30), "the first one is handled");
    // A signal within 50 ms counts as the same one.
    wait_for([&] { return !process.running() || (process.signal(SIGINT), false); }, seconds(30), "the end");
    server().resume();
  }
  CHECK(process.wait() == 1);
  const Json json = summary(process);
  CHECK(json["stopped"] == true);
  CHECK(says(process, "--from-line " + std::to_string(json["next_line"].get<uint64_t>())));
}

TEST_CASE("a run continues when the server was killed and restarted") {
  RunDesk desk({.append_only = ServerOptions::AppendOnly::kAlways});
  const Process daemon = desk.start_orderd();
  const std::string file = desk.workload("w", {"--orders", "6000", "--rate", "3000"});
  Process process = desk.start_replay({"run", file, "--set-stock", "--wait", "--verify", "--producers", "2", "--json"});
  desk.wait_for_more_than(500, "results");
  desk.server().kill();
  desk.server().start();
  desk.connect();
  const int status = process.wait(std::chrono::minutes(2));
  REQUIRE_MESSAGE(status == 0, process.errors());
  check_values(RunDesk::summary(process), {{"pushed", 6000}, {"unknown", 0}});
  succeeded(desk.run({"audit"}));
}

TEST_CASE_FIXTURE(RunDesk, "without retries unknown outcomes are counted") {
  const std::string file = workload("w", {"--orders", "200000"});
  Process process = start_replay({"run", file, "--max", "--no-retry", "--json"});
  wait_for_more_than(1000);
  server().pause();
  server().kill();
  server().start();
  CHECK(process.wait(std::chrono::minutes(2)) == 1);
  const Json json = summary(process);
  CHECK(json["unknown"] > 0);
  CHECK(json["pushed"].get<uint64_t>() + json["unknown"].get<uint64_t>() == 200'000);
}

TEST_CASE_FIXTURE(RunDesk, "a server out of memory gets the requests when memory is free again") {
  const std::string file = workload("w", {"--orders", "2000"});
  ask(admin(), {"CONFIG", "SET", "maxmemory", "1"});
  Process process = start_replay({"run", file, "--max", "--json"});
  wait_for([&] { return says(process, "retrying until it can"); }, seconds(30), "the refusal is reported");
  CHECK(length(admin(), "orders") == 0);
  ask(admin(), {"CONFIG", "SET", "maxmemory", "0"});
  CHECK(process.wait() == 0);
  CHECK(length(admin(), "orders") == 2000);
}

TEST_CASE("a run needs no administrative command") {
  RunDesk desk({.config = {"rename-command CONFIG \"\"", "rename-command INFO \"\"", "rename-command CLIENT \"\"",
                           "rename-command HELLO \"\"", "rename-command ROLE \"\""}});
  succeeded(desk.replay({"run", desk.workload("w", {"--orders", "10"}), "--set-stock", "--max"}));
  CHECK(length(desk.admin(), "orders") == 10);
  succeeded(desk.replay({"capture"}));
}

TEST_CASE_FIXTURE(RunDesk, "a run that fails says why, and where to continue after a line that is not a request") {
  Ran ran = failed(replay({"run", "-", "--wait", "--timeout", "200ms", "--json"}, {.input = "{}\n{}\n"}),
                   {"2 requests have no result"});
  CHECK(ran.json().at(0)["missing"] == 2);
  ran = failed(replay({"run", "-", "--json"}, {.input = "{}\n{}\nnonsense\n{}\n"}),
               {"standard input: line 3: not a JSON object", "--from-line 3"});
  check_values(ran.json().at(0), {{"pushed", 2}, {"next_line", 3}});
  CHECK(length(admin(), "orders") == 4);
  set(admin(), "orders", "no stream");
  ran = failed(replay({"run", "-", "--json"}, {.input = "{}\n"}), {"line 1 was refused: WRONGTYPE"});
  CHECK(ran.json().at(0)["failed"] == 1);
}

TEST_CASE_FIXTURE(RunDesk, "a run gives up without results while it still has requests to push") {
  const std::string file = workload("w", {"--orders", "100000", "--rate", "100"});
  const Ran ran = failed(replay({"run", file, "--wait", "--timeout", "1s", "--json"}),
                         {"no result, and none arrived within 1.0 s. Is orderd running?", "--from-line "});
  check_values(ran.json().at(0), {{"stopped", true}, {"missing", length(admin(), "orders")}});
}

TEST_CASE_FIXTURE(RunDesk, "a second result of a request is a violation") {
  Process process = start_replay({"run", "-", "--wait", "--verify", "--json"}, {.input = "{}\n{}\n"});
  wait_for_more_than(1);
  const auto pushed = entries(admin(), "orders");
  for (const std::size_t i : {0U, 0U, 1U}) {
    xadd(admin(), "results", {{"order", ""}, {"request", pushed[i].id}, {"status", "rejected"}});
  }
  CHECK(process.wait() == 3);
  CHECK(says(process, "the request " + pushed[0].id + " has a second result"));
}

// As after a failover to a replica that lacked the newest results.
TEST_CASE_FIXTURE(RunDesk, "results that the server loses after they were read do not count") {
  Process process = start_replay({"run", "-", "--wait", "--verify", "--json", "--record-results", file("kept")},
                                 {.input = "{}\n{}\n{}\n"});
  wait_for_more_than(2);
  const auto pushed = entries(admin(), "orders");
  const auto answer = [&](std::size_t request, const char* status) {
    return xadd(admin(), "results", {{"order", "o"}, {"request", pushed[request].id}, {"status", status}});
  };
  answer(0, "rejected");
  const std::string lost = answer(1, "accepted");
  wait_for([&] { return contains(process.errors(), "\"results\":2"); }, seconds(30), "both results to be read");
  ask_number(admin(), {"XDEL", "results", lost});
  ask_number(admin(), {"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  wait_for([&] { return says(process, "1 result that was read is no longer on the server"); }, seconds(30),
           "the loss is reported");
  for (const std::size_t i : {1U, 2U}) answer(i, "duplicate");
  REQUIRE_MESSAGE(process.wait() == 0, process.errors());
  check_values(summary(process), {{"accepted", 0}, {"duplicates", 2}, {"rejected", {{"rejected", 1}}}, {"missing", 0}});
  const std::string kept = content_of(file("kept"));
  CHECK_FALSE(contains(kept, R"("id":")" + lost + '"'));  // a request of the same millisecond may have that ID, too
  CHECK(std::count(kept.begin(), kept.end(), '\n') == 3);
}

TEST_CASE_FIXTURE(RunDesk, "the memory of a run does not grow with its file") {
  const auto peak = [&](const Words& flags) {
    return summary({"run", workload("w", flags), "--max", "--quiet"})["peak_kib"].get<uint64_t>();
  };
  const uint64_t of_small = peak({"--orders", "10000"});
  const uint64_t of_large = peak({"--orders", "1000000", "--id", "p-"});
  CHECK_MESSAGE(of_large < of_small + 4096, of_small, " KiB and ", of_large, " KiB");
}

}  // namespace
}  // namespace orderd::test
