#include <signal.h>

#include "integration/orderctl_desk.h"

namespace orderd::test {
namespace {

using std::chrono::seconds;

TEST_CASE_FIXTURE(Desk, "submit waits for the result of one order and shows it") {
  const Process daemon = start_orderd();
  CHECK(run({"stock", "set", "shoe", "5"}).status == 0);
  const auto submit = [&](const char* id, const Words& more = {}) {
    return run(joined({"submit", "--id", id, "--sku", "shoe", "--quantity", "3", "--wait"}, more));
  };
  const Json lines = succeeded(submit("o-1", {"--json"})).json();
  REQUIRE(lines.size() == 1);
  check_values(lines[0], {{"order", "o-1"},
                          {"status", "accepted"},
                          {"lines", Json::parse(R"([{"sku":"shoe","quantity":3,"remaining":2}])")},
                          {"request", entries(admin(), "orders").at(0).id}});
  check_rows(succeeded(submit("o-2")), {"submitted order o-2 as request *", "RESULT TIME STATUS ORDER REQUEST WHAT",
                                        "* rejected o-2 * insufficient_stock; shoe 3, 2 available"});
  check_rows(succeeded(submit("o-1")), {"* duplicate o-1 *"});
  CHECK(run({"results", "--order", "o-1", "--json"}).json().size() == 2);
}

TEST_CASE_FIXTURE(Desk, "submit waits for the results of a file and summarizes them") {
  const Process daemon = start_orderd();
  CHECK(run({"stock", "set", "shoe", "100"}).status == 0);
  std::string input;
  for (int i = 0; i < 20'000; ++i) {
    input += "{\"id\":\"o-" + std::to_string(i % 19'000) + "\",\"sku\":\"shoe\",\"quantity\":1}\n";
  }
  input += "{\"id\":\"x\",\"sku\":\"hat\",\"quantity\":1}\n{}\n";
  check_rows(succeeded(run({"submit", "-", "--wait"}, {.input = input}),
                       {"pushed 20002 requests in ", "18900  insufficient_stock", "1  malformed", "1  unknown_sku",
                        "the last result arrived "}),
             {"accepted 100", "duplicate 1000"});
  check_values(
      succeeded(run({"submit", "-", "--wait", "--json"}, {.input = input})).json().at(0),
      {{"pushed", 20'002}, {"accepted", 0}, {"duplicates", 20'001}, {"rejected", {{"malformed", 1}}}, {"missing", 0}});
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
  Ran ran = failed(run({"submit", "--sku", "shoe", "--wait", "--timeout", "200ms"}), {"Is orderd running?"});
  const std::string request = entries(admin(), "orders").at(0).id;
  CHECK(ran.output.ends_with(" as request " + request + "\n"));
  CHECK(ran.complains("no result for request " + request + " within 200 ms"));
  ran = failed(run({"submit", "-", "--wait", "--timeout", "200ms", "--json"}, {.input = "{}\n{}\n"}),
               {"2 requests have no result"});
  check_values(ran.json().at(0), {{"missing", 2}, {"pushed", 2}});
}

TEST_CASE_FIXTURE(Desk, "stopping the wait prints how to look for the result") {
  Process process = start({"submit", "--id", "o-1", "--sku", "shoe", "--wait"}, {});
  wait_for([&] { return process.output().ends_with("\n"); }, seconds(20), "the request's ID");
  process.signal(SIGINT);
  CHECK(process.wait() == 130);
  const std::string request = entries(admin(), "orders").at(0).id;
  CHECK(says(process, "orderctl results --request " + request));
}

TEST_CASE_FIXTURE(Desk, "stopping the push of an order prints the ID with which it can be submitted again") {
  ask(admin(), {"CLIENT", "PAUSE", "60000", "WRITE"});
  Process process = start({"submit", "--sku", "shoe"});
  wait_for([&] { return contains(ask(admin(), {"CLIENT", "LIST"}), "cmd=xadd"); }, seconds(20), "the push");
  process.signal(SIGINT);
  CHECK(process.wait() == 130);
  CHECK(says(process, "It is safe to submit it again with --id ctl-"));
}

TEST_CASE_FIXTURE(Desk, "results of other requests are not taken for ours") {
  Process process = start({"submit", "-", "--wait", "--json", "--force"}, {.input = "one\ntwo\n"});
  wait_for_length(admin(), "orders", 2);
  const auto orders = entries(admin(), "orders");
  const auto answer = [&](const std::string& request) {
    xadd(admin(), "results", {{"order", "o"}, {"request", request}, {"status", "accepted"}});
  };
  for (const std::string request : {"1-0", "", "no id", "99999999999999999999-0"}) answer(request);
  answer(orders[1].id);
  answer(orders[1].id);
  xadd(admin(), "results", {{"status", "stock"}});
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
    xadd(admin(), "results", {{"request", entry.id}, {"status", "accepted"}});
  }
  CHECK(process.wait() == 0);
  CHECK(process.output().empty());
}

TEST_CASE_FIXTURE(Desk, "the status of a server that orderd serves") {
  const Process daemon = start_orderd();
  succeeded(run({"submit", "-", "--wait", "--force"}, {.input = "bad\nbad\n"}));
  const Json json = run({"status", "--json"}).json().at(0);
  check_values(json, {{"position", entries(admin(), "orders").back().id},
                      {"last_result", entries(admin(), "results").back().id},
                      {"settled", 2},
                      {"deleted_before_settled", 0},
                      {"waiting/count", 0},
                      {"waiting/oldest", nullptr},
                      {"results/length", 2},
                      {"dead/length", 2},
                      {"standby", Json::array()}});
  CHECK(!json["active"]["name"].get<std::string>().empty());
  CHECK(json["active"]["lease_left_ms"] <= 3000);
  const Process second = start_orderd({"--processing.name", "the second one"});
  wait_for([&] { return run({"status"}).row("standby").starts_with("standby 'the second one', seen "); }, seconds(20),
           "the second daemon to be on standby");
}

TEST_CASE("an embedded server is found by its directory") {
  const TemporaryDirectory directory;
  const std::string url = "embedded:" + directory.file("data");
  failed(orderctl_at(url, {"status"}), {"start orderd first"});
  const Process daemon(clean_command(ORDERD_PATH, {"--valkey.url", url}));
  wait_for([&] { return orderctl_at(url, {"status"}).status == 0; }, seconds(20), "the server runs");
  succeeded(orderctl_at(url, {"stock", "set", "shoe", "1"}));
  CHECK(orderctl_at(url, {"submit", "--sku", "shoe", "--wait", "--json"}).json().at(0)["status"] == "accepted");
}

TEST_CASE_FIXTURE(Desk, "patience counts only while something is awaited, however long more input takes") {
  const Gate gate;
  const auto submit = [&](const std::string& flags) {
    return start_script("(echo '{}'; read -r go < " + gate.file +
                        "; echo '{\"id\":\"o-2\"}') | $ORDERCTL submit - --json --timeout 600ms" + flags);
  };
  const auto first_order = [&] { return length(admin(), "orders") == 1; };
  const auto ends_by_itself = [](Process& process) {
    return poll_until([&] { return !process.running(); }, std::chrono::milliseconds(1500));
  };
  SUBCASE("the server is away while there is nothing to push") {
    Process process = submit("");
    wait_for(first_order, seconds(20), "the first order");
    server().kill();
    wait_for([&] { return says(process, "; reconnecting"); }, seconds(20), "the loss to be noticed");
    CHECK_FALSE(ends_by_itself(process));
    server().start();
    gate.open();
    CHECK_MESSAGE(process.wait() == 0, process.errors());
    CHECK(json_lines(process.output()).at(0)["pushed"] == 2);
  }
  SUBCASE("a result is missing while the input is open") {
    Process process = submit(" --wait");
    wait_for(first_order, seconds(20), "the first order");
    wait_to_say(process, "1 request has no result, and none arrived within 600 ms. ");
    CHECK_FALSE(ends_by_itself(process));
    gate.open();
    CHECK(process.wait() == 1);
    CHECK(says(process, "2 requests have no result, and none arrived within 600 ms"));
    CHECK(json_lines(process.output()).at(0)["missing"] == 2);
  }
}

}  // namespace
}  // namespace orderd::test
