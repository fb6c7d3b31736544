// orderctl with several lanes: it finds the lane of an SKU, and shows all lanes.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>

#include "integration/orderctl_desk.h"
#include "integration/sale.h"
#include "support/temporary_directory.h"
#include "support/wait_for.h"

namespace orderd::test {
namespace {

using namespace std::chrono_literals;

const std::string kNowhere = "valkey://127.0.0.1:1";

// Four lanes on one server: hats belong to a, socks to b, shoes to c, ties to d.
struct Mall : Desk {
  static Words with_lanes(const Words& more) { return joined(lane_settings("a,b,c,d"), more); }
  [[nodiscard]] Ran run(const Words& words, const ProcessOptions& options = {}) const {
    return Desk::run(with_lanes(words), options);
  }
  void open() {
    daemon.reset(new Process(start_orderd(with_lanes({"--processing.name", "only"}))));
    for (const char* lane : {"a", "b", "c", "d"}) {
      wait_for([&] { return get(admin(), "{" + std::string(lane) + "}:orders:owner").has_value(); }, 20s, "an owner");
    }
  }
  void close() { end(*daemon); }
  // orderd --check --online
  [[nodiscard]] Ran online(const Words& more) const {
    return outcome_of(start_orderd(with_lanes(joined({"--check", "--online"}, more))));
  }
  // Waits for the server's next millisecond: new IDs are larger than earlier ones in any stream.
  void tick() {
    const auto now = [&] {
      return ask(admin(),
                 {"EVAL", "local t = redis.call('TIME') return string.format('%d.%d', t[1], t[2] / 1000)", "0"});
    };
    const std::string before = now();
    wait_for([&] { return now() != before; }, 20s, "a millisecond");
  }
  std::string push(const std::string& lane, const std::string& id, const std::string& sku) {
    return ask(admin(), {"XADD", "{" + lane + "}:orders", "*", "id", id, "sku", sku, "quantity", "1"});
  }
  // Pushes an order whose IDs are larger than all before in any lane, and waits for its result.
  void settle_next(const std::string& lane, const std::string& id, const std::string& sku) {
    tick();
    const std::size_t before = length(admin(), "{" + lane + "}:results");
    push(lane, id, sku);
    wait_for_results(lane, before + 1);
  }
  void wait_for_results(const std::string& lane, std::size_t count) {
    wait_for_length(admin(), "{" + lane + "}:results", count);
  }

  std::unique_ptr<Process> daemon;
};

TEST_CASE("orderctl lane shows the lane of an SKU and generates names without a server") {
  const auto run = [](const Words& words) { return orderctl_at(kNowhere, words); };
  const Ran shown = run(Mall::with_lanes({"lane", "shoe", "hat"}));
  CHECK(shown.status == 0);
  CHECK(shown.output == "shoe  c\nhat   a\n");
  CHECK(run(Mall::with_lanes({"lane", "shoe", "--json"})).json().front() == Json({{"sku", "shoe"}, {"lane", "c"}}));
  const Ran single = run({"lane", "shoe"});
  CHECK(single.status == 1);
  CHECK(single.complains("streams.lanes is empty"));
  const Ran names = run({"lane", "names", "--count", "3", "--prefix", "eu-"});
  CHECK(names.status == 0);
  CHECK(std::count(names.output.begin(), names.output.end(), ',') == 2);
  CHECK(names.output.starts_with("eu-"));
  CHECK(run({"lane", "names", "--count", "6", "--nodes", "3", "--json"}).json().front()["lanes"].size() == 6);
  const Ran uneven = run({"lane", "names", "--count", "4", "--nodes", "3"});
  CHECK(uneven.status == 1);
  CHECK(uneven.complains("such as --count 6"));
  CHECK(run({"lane", "names", "--count", "2", "--prefix", "{x}"}).complains("--prefix: the name of a lane"));
  CHECK(run({"lane"}).status == 2);
  CHECK(run({"lane", "names"}).status == 2);
}

TEST_CASE_FIXTURE(Mall, "stock is set, changed and read in the lane of its SKU") {
  CHECK(run({"stock", "set", "shoe", "5"}).output == "shoe: 5 (new)\n");
  CHECK(run({"stock", "set", "hat", "2"}).status == 0);
  CHECK(run({"stock", "add", "shoe", "-1"}).output == "shoe: 4 (was 5)\n");
  CHECK(get(admin(), "{c}:stock:shoe") == "4");
  CHECK(get(admin(), "{a}:stock:hat") == "2");
  CHECK(length(admin(), "{c}:results") == 2);
  CHECK(run({"stock", "set", "tie", "1", "--json"}).json().front()["lane"] == "d");
  const Ran got = run({"stock", "get", "shoe", "hat"});
  CHECK(got.status == 0);
  CHECK(got.row("shoe") == "shoe c 4");
  CHECK(got.row("hat") == "hat a 2");
  // --lane overrides the rule.
  CHECK(run({"--lane", "b", "stock", "set", "hat", "7"}).status == 0);
  CHECK(get(admin(), "{b}:stock:hat") == "7");
  const Ran list = run({"stock", "list", "--json"});
  CHECK(list.json() == std::vector<Json>{{{"lane", "a"}, {"sku", "hat"}, {"stock", 2}},
                                         {{"lane", "b"},
                                          {"sku", "hat"},
                                          {"stock", 7},
                                          {"problem", "wrong_lane"},
                                          {"detail", "not sold: the SKU belongs to lane 'a'"}},
                                         {{"lane", "c"}, {"sku", "shoe"}, {"stock", 4}},
                                         {{"lane", "d"}, {"sku", "tie"}, {"stock", 1}}});
  const Ran one = run({"stock", "list", "--lane", "c"});
  CHECK(one.row("SKU") == "SKU STOCK");
  CHECK(one.row("shoe") == "shoe 4");
  CHECK(run({"stock", "list", "--unsorted", "--json"}).json().size() == 4);
}

TEST_CASE_FIXTURE(Mall, "an order is submitted to the lane of its first SKU and its result is waited for there") {
  for (const char* sku : {"shoe", "hat"}) CHECK(run({"stock", "set", sku, "5"}).status == 0);
  open();
  const Ran one = run({"submit", "--sku", "shoe", "--id", "o-1", "--wait"});
  CHECK_MESSAGE(one.status == 0, one.errors);
  CHECK(one.says("submitted order o-1 as request "));
  CHECK(one.says(" to lane 'c'\n"));
  CHECK(one.says("accepted"));
  const Ran json = run({"submit", "--item", "hat=1", "--item", "shoe=1", "--id", "o-2", "--wait", "--json"});
  CHECK(json.json().front()["lane"] == "a");
  CHECK(json.json().front()["reason"] == "wrong_lane");
  CHECK(run({"submit", "--sku", "shoe", "--lane", "d", "--wait"}).says("wrong_lane"));
  close();
}

TEST_CASE_FIXTURE(Mall, "a file of orders is pushed to many lanes and all results are counted") {
  const Words skus = {"hat", "sock", "shoe", "tie"};
  for (const std::string& sku : skus) CHECK(run({"stock", "set", sku, "1000"}).status == 0);
  open();
  std::string lines;
  for (int i = 0; i < 2000; ++i) {
    const std::string id = R"({"id":"o-)" + std::to_string(i) + R"(",)";
    const std::string& sku = skus[static_cast<std::size_t>(i) % skus.size()];
    lines += i % 3 == 0 ? id + R"("items":[{"sku":")" + sku + R"(","quantity":1}]})" + "\n"
                        : id + R"("sku":")" + sku + R"(","quantity":1})" + "\n";
  }
  lines += "{\"nothing\":1}\n";
  lines += R"({"id":"bad","sku":"tie","quantity":"3"})"
           "\n";  // malformed, but its lane is known
  const Ran ran = run({"submit", "-", "--wait", "--json"}, {.input = lines});
  CHECK_MESSAGE(ran.status == 0, ran.errors);
  const Json report = ran.json().front();
  CHECK(report["pushed"] == 2002);
  CHECK(report["accepted"] == 2000);
  CHECK(report["rejected"] == Json({{"malformed", 2}}));
  CHECK(report["missing"] == 0);
  for (const char* lane : {"b", "c"}) CHECK(length(admin(), "{" + std::string(lane) + "}:orders") == 500);
  for (const char* lane : {"a", "d"}) CHECK(length(admin(), "{" + std::string(lane) + "}:orders") == 501);
  close();
  // No daemon: missing results are reported with their lane.
  const Ran missing =
      run({"submit", "-", "--wait", "--timeout", "300ms"}, {.input = R"({"id":"late","sku":"shoe","quantity":1})"
                                                                     "\n"});
  CHECK(missing.status == 1);
  CHECK(missing.complains("The oldest is lane 'c': "));
}

TEST_CASE_FIXTURE(Mall, "results and dead letters of all lanes are shown in the order of their IDs") {
  for (const char* sku : {"shoe", "hat"}) CHECK(run({"stock", "set", sku, "1"}).status == 0);
  open();
  settle_next("a", "o-1", "hat");
  settle_next("c", "o-2", "shoe");
  settle_next("c", "o-3", "s h");
  settle_next("a", "o-4", "h t");
  const auto all = run({"results", "--json"}).json();
  REQUIRE(all.size() == 6);
  CHECK(all[2]["lane"] == "a");
  CHECK(all[2]["order"] == "o-1");
  CHECK(all[3]["lane"] == "c");
  CHECK(all[5]["order"] == "o-4");
  const auto last = run({"results", "--json", "--count", "2"}).json();
  REQUIRE(last.size() == 2);
  CHECK(last[0]["order"] == "o-3");
  CHECK(contains(run({"results", "--order", "o-2"}).row("c "), " accepted o-2 "));
  CHECK(run({"results", "--order", "none"}).complains("no result of order none in any lane"));
  CHECK(run({"results", "--lane", "a", "--json"}).json().size() == 3);
  // Entries of the same ID in two lanes: both are shown.
  for (const char* lane : {"a", "b", "d"}) {
    (void)ask(admin(), {"XADD", "{" + std::string(lane) + "}:results", "9999999999999-0", "lane", lane});
  }
  const auto two = run({"results", "--json", "--count", "2"}).json();
  REQUIRE(two.size() == 2);
  CHECK(two[0]["lane"] == "b");
  CHECK(two[1]["lane"] == "d");
  const auto dead = run({"dead", "list", "--json"}).json();
  REQUIRE(dead.size() == 2);
  CHECK(dead[0]["lane"] == "a");
  CHECK(dead[1]["lane"] == "c");
  CHECK(run({"dead", "list", "--limit", "1", "--from", "-", "--json"}).json().front()["lane"] == "c");
  CHECK(lines_of(run({"dead", "list"}).output).at(1).starts_with("a "));
  const std::string letter = dead[0]["letter"];
  CHECK(run({"dead", "discard", letter}).complains("choose one with --lane: a, b, c, d"));
  CHECK(run({"dead", "discard", letter, "--lane", "a"}).status == 0);
  close();
}

TEST_CASE_FIXTURE(Mall, "an order is searched in each lane") {
  for (const char* sku : {"shoe", "hat"}) CHECK(run({"stock", "set", sku, "1"}).status == 0);
  open();
  push("a", "o-1", "shoe");
  push("c", "o-1", "shoe");
  wait_for_results("a", 2);
  wait_for_results("c", 2);
  const auto shown = run({"order", "show", "o-1", "--json"}).json();
  REQUIRE(shown.size() == 2);
  CHECK(shown[0]["lane"] == "a");
  CHECK(shown[0]["results"][0]["reason"] == "wrong_lane");
  CHECK(shown[1]["lane"] == "c");
  CHECK(shown[1]["record"]["outcome"] == "accepted");
  CHECK(run({"order", "show", "o-1"}).row("lane") == "lane a");
  const Ran none = run({"order", "show", "o-2"});
  CHECK(none.status == 1);
  CHECK(none.complains("nothing is known of order 'o-2' in any lane"));
  close();
}

TEST_CASE_FIXTURE(Mall, "pause and resume work for all lanes or for one") {
  const Ran one = run({"pause", "--lane", "b"});
  CHECK(one.says("'{b}:orders' is paused; orderctl resume --lane b ends that"));
  const auto all = run({"pause", "--json"}).json();
  REQUIRE(all.size() == 4);
  CHECK(all[0]["lane"] == "a");
  CHECK(all[0]["changed"] == true);
  CHECK(all[1]["changed"] == false);
  const Ran resumed = run({"resume"});
  CHECK(resumed.status == 0);
  for (const char* lane : {"a", "b", "c", "d"}) CHECK(resumed.says("'{" + std::string(lane) + "}:orders' is resumed"));
}

TEST_CASE_FIXTURE(Mall, "status shows a row for each lane and the server once") {
  CHECK(run({"stock", "set", "shoe", "5"}).status == 0);
  push("c", "o-1", "shoe");
  push("c", "o-2", "shoe");
  const Ran before = run({"status"});
  CHECK(before.status == 0);
  CHECK(before.row("c ").starts_with("c none 0 2 "));
  CHECK(before.row("a ").starts_with("a none 0 0 "));
  CHECK(before.says("warning: lane 'c': requests are waiting and no orderd is active"));
  const Ran checked = run({"status", "--check"});
  CHECK(checked.status == 1);
  for (const std::string lane : {"a", "b", "c", "d"})
    CHECK(checked.complains("lane '" + lane + "': no orderd is active"));
  open();
  wait_for_results("c", 3);
  CHECK(run({"pause", "--lane", "b"}).status == 0);
  const Ran ran = run({"status"});
  CHECK(ran.row("c ") == "c only 0 0 2 3 0");
  CHECK(contains(ran.row("b "), "paused"));
  const auto lines = lines_of(ran.output);
  CHECK(std::count_if(lines.begin(), lines.end(), [](const auto& line) { return line.starts_with("server "); }) == 1);
  CHECK(std::count_if(lines.begin(), lines.end(),
                      [](const auto& line) { return contains(line, "the append-only file is off"); }) == 1);
  const Json json = run({"status", "--json"}).json().front();
  REQUIRE(json["lanes"].size() == 4);
  CHECK(json["lanes"][2]["lane"] == "c");
  CHECK(json["lanes"][2]["settled"] == 2);
  CHECK(json["lanes"][2]["active"]["name"] == "only");
  CHECK(run({"status", "--check"}).status == 0);
  const Ran one = run({"status", "--lane", "c"});
  CHECK(one.row("lane") == "lane c");
  CHECK(one.row("settled") == "settled 2");
  CHECK(run({"status", "--lane", "c", "--json"}).json().front()["lane"] == "c");
  close();
}

TEST_CASE("a lane whose server cannot be reached is a row with the error") {
  const auto run = [](const Words& more) { return orderctl_at(kNowhere, Mall::with_lanes(more)); };
  const Ran ran = run({"status"});
  CHECK(ran.status == 1);
  CHECK(contains(ran.row("b "), "127.0.0.1:1"));
  CHECK(contains(ran.row("d "), "127.0.0.1:1"));
  CHECK(contains(run({"status", "--json"}).json().front()["lanes"][3]["error"].get<std::string>(), "127.0.0.1:1"));
  CHECK(run({"status", "--check"}).complains("lane 'd': "));
  CHECK(run({"audit"}).status == 1);
  CHECK(run({"audit"}).says("4 lanes could not be audited"));
  CHECK(run({"doctor"}).complains("lane 'd': "));
  CHECK(run({"pause"}).complains("lane 'd': "));
  CHECK(run({"stock", "get", "shoe"}).complains("lane 'c': "));
}

TEST_CASE_FIXTURE(Mall, "doctor examines the server once and each lane with its name") {
  (void)ask(admin(), {"LPUSH", "{b}:orders:position", "x"});
  (void)ask(admin(), {"XADD", "{c}:results", "9999999999999-0", "status", "stock"});
  (void)ask(admin(), {"ACL", "SETUSER", "half", "on", ">secret", "+@all", "~{a}*", "~{b}*"});
  const Json json = run({"doctor", "--json"}).json().front();
  CHECK(json["findings"].size() == 16);
  const auto finding = [&](const std::string& check) {
    for (const Json& each : json["findings"]) {
      if (each["check"] == check) return each;
    }
    return Json();
  };
  CHECK(contains(finding("keys")["what"].get<std::string>(), "'{b}:orders:position'"));
  CHECK(contains(finding("ids")["what"].get<std::string>(), "'{c}:results'"));
  CHECK(finding("rights")["what"] == "the user 'default' may do what orderd needs, in 4 lanes");
  const Ran granted = online({});
  CHECK_MESSAGE(granted.status == 0, granted.errors);
  CHECK(lines_of(granted.output).size() == 2);
  const TemporaryDirectory directory;
  std::ofstream(directory.file("password")) << "secret";
  std::filesystem::permissions(directory.file("password"), std::filesystem::perms::owner_read);
  const Ran denied = online({"--valkey.username", "half", "--valkey.password_file", directory.file("password")});
  CHECK(denied.status == 1);
  CHECK(denied.complains("lane 'c': the user 'half' may not run "));
  CHECK(denied.complains("lane 'd': the user 'half' may not run "));
  CHECK_FALSE(denied.complains("lane 'a': "));
  const Ran status = run({"status", "--valkey.username", "half", "--valkey.password_file", directory.file("password")});
  CHECK_MESSAGE(status.says("warning: lanes 'c', 'd': not everything is known"), status.output, status.errors);
}

}  // namespace
}  // namespace orderd::test
