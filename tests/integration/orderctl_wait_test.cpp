#include <signal.h>

#include <fstream>

#include "integration/orderctl_desk.h"
#include "support/wait_for.h"

namespace orderd::test {
namespace {

using std::chrono::seconds;

TEST_CASE_FIXTURE(Desk, "submit waits for the result of one order and shows it") {
  const Process daemon = start_orderd();
  CHECK(run({"stock", "set", "shoe", "5"}).status == 0);
  Ran ran = run({"submit", "--id", "o-1", "--sku", "shoe", "--quantity", "3", "--wait", "--json"});
  CHECK(ran.status == 0);
  REQUIRE(ran.json().size() == 1);
  const Json line = ran.json().at(0);
  CHECK(line["order"] == "o-1");
  CHECK(line["status"] == "accepted");
  CHECK(line["lines"] == Json::parse(R"([{"sku":"shoe","quantity":3,"remaining":2}])"));
  CHECK(line["request"] == entries(admin(), "orders").at(0).id);
  ran = run({"submit", "--id", "o-2", "--sku", "shoe", "--quantity", "3", "--wait"});
  CHECK(ran.status == 0);
  CHECK(ran.output.starts_with("submitted order o-2 as request "));
  CHECK(ran.row("RESULT") == "RESULT TIME STATUS ORDER REQUEST WHAT");
  CHECK(ran.says("rejected   o-2"));
  CHECK(ran.says("insufficient_stock; shoe 3, 2 available"));
  ran = run({"submit", "--id", "o-1", "--sku", "shoe", "--quantity", "3", "--wait"});
  CHECK(ran.status == 0);
  CHECK(ran.says("duplicate  o-1"));
  CHECK(run({"results", "--order", "o-1", "--json"}).json().size() == 2);
}

TEST_CASE_FIXTURE(Desk, "submit waits for the results of a file and summarizes them") {
  const Process daemon = start_orderd();
  CHECK(run({"stock", "set", "shoe", "100"}).status == 0);
  std::string input;
  for (int i = 0; i < 20'000; ++i)
    input += "{\"id\":\"o-" + std::to_string(i % 19'000) +
             R"(","sku":"shoe","quantity":1})"
             "\n";
  input += "{\"id\":\"x\",\"sku\":\"hat\",\"quantity\":1}\n{}\n";
  Ran ran = run({"submit", "-", "--wait"}, {.input = input});
  CHECK(ran.status == 0);
  CHECK(ran.says("pushed 20002 requests in "));
  CHECK(ran.row("accepted") == "accepted 100");
  CHECK(ran.says("18900  insufficient_stock"));
  CHECK(ran.says("1  malformed"));
  CHECK(ran.says("1  unknown_sku"));
  CHECK(ran.row("duplicate") == "duplicate 1000");
  CHECK(ran.says("the last result arrived "));
  ran = run({"submit", "-", "--wait", "--json"}, {.input = input});
  CHECK(ran.status == 0);
  const Json line = ran.json().at(0);
  CHECK(line["pushed"] == 20'002);
  CHECK(line["accepted"] == 0);
  CHECK(line["duplicates"] == 20'001);
  CHECK(line["rejected"] == Json({{"malformed", 1}}));
  CHECK(line["missing"] == 0);
}

TEST_CASE_FIXTURE(Desk, "a result that arrives before the reply to its own push is not missed") {
  const Process daemon = start_orderd();
  std::string input;
  for (int i = 0; i < 3000; ++i) input += "{}\n";
  // Repeated, because it depends on who is faster.
  for (int times = 0; times < 30; ++times) {
    const Ran ran = run({"submit", "-", "--wait", "--timeout", "5s", "--json"}, {.input = input});
    REQUIRE_MESSAGE(ran.status == 0, ran.errors);
    CHECK(ran.json().at(0)["rejected"] == Json({{"malformed", 3000}}));
  }
}

TEST_CASE_FIXTURE(Desk, "results that do not arrive in time end with status 1 and say what to do") {
  Ran ran = run({"submit", "--sku", "shoe", "--wait", "--timeout", "200ms"});
  CHECK(ran.status == 1);
  CHECK(ran.output.ends_with(" as request " + entries(admin(), "orders").at(0).id + "\n"));
  CHECK(ran.complains("no result for request " + entries(admin(), "orders").at(0).id + " within 200 ms"));
  CHECK(ran.complains("Is orderd running?"));
  ran = run({"submit", "-", "--wait", "--timeout", "200ms", "--json"}, {.input = "{}\n{}\n"});
  CHECK(ran.status == 1);
  CHECK(ran.complains("2 requests have no result"));
  CHECK(ran.json().at(0)["missing"] == 2);
  CHECK(ran.json().at(0)["pushed"] == 2);
}

TEST_CASE_FIXTURE(Desk, "stopping the wait prints how to look for the result") {
  Process process = start({"submit", "--id", "o-1", "--sku", "shoe", "--wait"}, {});
  wait_for([&] { return process.output().ends_with("\n"); }, seconds(20), "the request's ID");
  process.signal(SIGINT);
  CHECK(process.wait() == 130);
  const std::string request = entries(admin(), "orders").at(0).id;
  CHECK(says(process, "orderctl results --request " + request));
}

TEST_CASE_FIXTURE(Desk, "results of other requests are not taken for ours") {
  Process process = start({"submit", "-", "--wait", "--json", "--force"}, {.input = "one\ntwo\n"});
  wait_for_length(admin(), "orders", 2);
  const auto orders = entries(admin(), "orders");
  const auto answer = [&](const std::string& request) {
    (void)xadd(admin(), "results", {{"order", "o"}, {"request", request}, {"status", "accepted"}});
  };
  for (const std::string request : {"1-0", "", "no id", "99999999999999999999-0"}) answer(request);
  answer(orders[1].id);
  answer(orders[1].id);
  (void)xadd(admin(), "results", {{"status", "stock"}});
  answer(orders[0].id);
  CHECK(process.wait() == 0);
  CHECK(json_lines(process.output()).at(0)["accepted"] == 2);
}

TEST_CASE_FIXTURE(Desk, "waiting continues as long as results arrive") {
  Process process =
      start({"submit", "-", "--wait", "--timeout", "1500ms", "--quiet", "--force"}, {.input = "1\n2\n3\n4\n5\n"});
  wait_for_length(admin(), "orders", 5);
  const auto start = std::chrono::steady_clock::now();
  for (const Entry& entry : entries(admin(), "orders")) {
    const auto due = start + std::chrono::milliseconds(400) * static_cast<int>(length(admin(), "results") + 1);
    wait_for([&] { return std::chrono::steady_clock::now() >= due; }, seconds(5), "the time to pass");
    (void)xadd(admin(), "results", {{"request", entry.id}, {"status", "accepted"}});
  }
  CHECK(process.wait() == 0);
  CHECK(process.output().empty());
}

TEST_CASE_FIXTURE(Desk, "the status of a server that orderd serves") {
  const Process daemon = start_orderd();
  CHECK(run({"submit", "-", "--wait", "--force"}, {.input = "bad\nbad\n"}).status == 0);
  const Json json = run({"status", "--json"}).json().at(0);
  CHECK(json["position"] == entries(admin(), "orders").back().id);
  CHECK(json["last_result"] == entries(admin(), "results").back().id);
  CHECK(json["settled"] == 2);
  CHECK(json["deleted_before_settled"] == 0);
  CHECK(json["waiting"]["count"] == 0);
  CHECK(json["waiting"]["oldest"].is_null());
  CHECK(json["results"]["length"] == 2);
  CHECK(json["dead"]["length"] == 2);
  CHECK(json["active"]["name"].get<std::string>().size() > 0);
  CHECK(json["active"]["lease_left_ms"] <= 3000);
  CHECK(json["standby"] == Json::array());
  const Process second = start_orderd({"--processing.name", "the second one"});
  wait_for([&] { return run({"status"}).row("standby").starts_with("standby 'the second one', seen "); }, seconds(20),
           "the second daemon to be on standby");
}

TEST_CASE("an embedded server is found by its directory") {
  const TemporaryDirectory directory;
  const std::string url = "embedded:" + directory.file("data");
  const Ran none = orderctl({"status", "--valkey.url", url});
  CHECK(none.status == 1);
  CHECK(none.complains("start orderd first"));
  const Process daemon(clean_command(ORDERD_PATH, {"--valkey.url", url}));
  wait_for([&] { return orderctl({"status", "--valkey.url", url}).status == 0; }, seconds(20), "the server runs");
  CHECK(orderctl({"stock", "set", "shoe", "1", "--valkey.url", url}).status == 0);
  const Ran ran = orderctl({"submit", "--sku", "shoe", "--wait", "--json", "--valkey.url", url});
  CHECK(ran.json().at(0)["status"] == "accepted");
}

TEST_CASE("patience counts only while something is awaited, however long more input takes") {
  Desk desk;
  const TemporaryDirectory directory;
  const std::string go = directory.file("go");
  REQUIRE(Process({"mkfifo", go}).wait() == 0);
  const auto submit = [&](const std::string& flags) {
    const std::string command = "(echo '{}'; read -r go < \"$1\"; echo '{\"id\":\"o-2\"}') | " ORDERCTL_PATH
                                " --valkey.url " +
                                desk.url() + " submit - --json --timeout 600ms" + flags;
    return clean_command("bash", {"-c", command, "bash", go});
  };
  const auto ends_by_itself = [](Process& process) {
    return poll_until([&] { return !process.running(); }, std::chrono::milliseconds(1500));
  };
  SUBCASE("the server is away while there is nothing to push") {
    Process process(submit(""));
    wait_for([&] { return length(desk.admin(), "orders") == 1; }, std::chrono::seconds(20), "the first order");
    desk.server().kill();
    wait_for([&] { return says(process, "; reconnecting"); }, std::chrono::seconds(20), "the loss to be noticed");
    CHECK_FALSE(ends_by_itself(process));
    desk.server().start();
    std::ofstream(go) << "go\n";
    CHECK_MESSAGE(process.wait() == 0, process.errors());
    CHECK(json_lines(process.output()).at(0)["pushed"] == 2);
  }
  SUBCASE("a result is missing while the input is open") {
    Process process(submit(" --wait"));
    wait_for([&] { return length(desk.admin(), "orders") == 1; }, std::chrono::seconds(20), "the first order");
    CHECK_FALSE(ends_by_itself(process));
    std::ofstream(go) << "go\n";
    CHECK(process.wait() == 1);
    CHECK(says(process, "2 requests have no result, and none arrived within 600 ms"));
    CHECK(json_lines(process.output()).at(0)["missing"] == 2);
  }
}

}  // namespace
}  // namespace orderd::test
