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

// Four lanes on one server: hats belong to a, socks to b, shoes to c, ties to d.
class Mall {
 public:
  static Words with_lanes(const Words& more) {
    Words words = {"--streams.lanes",   "a,b,c,d",          "--streams.orders", "{<lane>}:orders",
                   "--streams.results", "{<lane>}:results", "--keys.stock",     "{<lane>}:stock:<sku>"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  [[nodiscard]] Ran run(const Words& words, const ProcessOptions& options = {}) const {
    return desk_.run(with_lanes(words), options);
  }
  void open() {
    daemon_.reset(new Process(desk_.start_orderd(with_lanes({"--processing.name", "only"}))));
    for (const char* lane : {"a", "b", "c", "d"}) {
      wait_for([&] { return get(admin(), "{" + std::string(lane) + "}:orders:owner").has_value(); }, 20s, "an owner");
    }
  }
  void close() { end(*daemon_); }
  // orderd --check --online
  [[nodiscard]] Ran online(const Words& more) const {
    Words words = with_lanes({"--check", "--online"});
    words.insert(words.end(), more.begin(), more.end());
    Process process = desk_.start_orderd(words);
    const int status = process.wait();
    return {status, process.output(), process.errors()};
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
  void wait_for_results(const std::string& lane, std::size_t count) {
    wait_for([&] { return length(admin(), "{" + lane + "}:results") == count; }, 20s, "all results");
  }
  [[nodiscard]] valkey::SyncClient& admin() { return desk_.admin(); }

 private:
  Desk desk_;
  std::unique_ptr<Process> daemon_;
};

TEST_CASE("orderctl lane shows the lane of an SKU and generates names without a server") {
  const Words nowhere = {"--valkey.url", "valkey://127.0.0.1:1"};
  const auto run = [&](Words words) {
    words.insert(words.begin(), nowhere.begin(), nowhere.end());
    return orderctl(words);
  };
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

TEST_CASE("stock is set, changed and read in the lane of its SKU") {
  Mall mall;
  CHECK(mall.run({"stock", "set", "shoe", "5"}).output == "shoe: 5 (new)\n");
  CHECK(mall.run({"stock", "set", "hat", "2"}).status == 0);
  CHECK(mall.run({"stock", "add", "shoe", "-1"}).output == "shoe: 4 (was 5)\n");
  CHECK(get(mall.admin(), "{c}:stock:shoe") == "4");
  CHECK(get(mall.admin(), "{a}:stock:hat") == "2");
  CHECK(length(mall.admin(), "{c}:results") == 2);
  CHECK(mall.run({"stock", "set", "tie", "1", "--json"}).json().front()["lane"] == "d");
  const Ran got = mall.run({"stock", "get", "shoe", "hat"});
  CHECK(got.status == 0);
  CHECK(got.row("shoe") == "shoe c 4");
  CHECK(got.row("hat") == "hat a 2");
  // --lane overrides the rule.
  CHECK(mall.run({"--lane", "b", "stock", "set", "hat", "7"}).status == 0);
  CHECK(get(mall.admin(), "{b}:stock:hat") == "7");
  const Ran list = mall.run({"stock", "list", "--json"});
  CHECK(list.json() == std::vector<Json>{{{"lane", "a"}, {"sku", "hat"}, {"stock", 2}},
                                         {{"lane", "b"},
                                          {"sku", "hat"},
                                          {"stock", 7},
                                          {"problem", "wrong_lane"},
                                          {"detail", "not sold: the SKU belongs to lane 'a'"}},
                                         {{"lane", "c"}, {"sku", "shoe"}, {"stock", 4}},
                                         {{"lane", "d"}, {"sku", "tie"}, {"stock", 1}}});
  const Ran one = mall.run({"stock", "list", "--lane", "c"});
  CHECK(one.row("SKU") == "SKU STOCK");
  CHECK(one.row("shoe") == "shoe 4");
  CHECK(mall.run({"stock", "list", "--unsorted", "--json"}).json().size() == 4);
}

TEST_CASE("an order is submitted to the lane of its first SKU and its result is waited for there") {
  Mall mall;
  for (const char* sku : {"shoe", "hat"}) CHECK(mall.run({"stock", "set", sku, "5"}).status == 0);
  mall.open();
  const Ran one = mall.run({"submit", "--sku", "shoe", "--id", "o-1", "--wait"});
  CHECK_MESSAGE(one.status == 0, one.errors);
  CHECK(one.says("submitted order o-1 as request "));
  CHECK(one.says(" to lane 'c'\n"));
  CHECK(one.says("accepted"));
  const Ran json = mall.run({"submit", "--item", "hat=1", "--item", "shoe=1", "--id", "o-2", "--wait", "--json"});
  CHECK(json.json().front()["lane"] == "a");
  CHECK(json.json().front()["reason"] == "wrong_lane");
  CHECK(mall.run({"submit", "--sku", "shoe", "--lane", "d", "--wait"}).says("wrong_lane"));
  mall.close();
}

TEST_CASE("a file of orders is pushed to many lanes and all results are counted") {
  Mall mall;
  const Words skus = {"hat", "sock", "shoe", "tie"};
  for (const std::string& sku : skus) CHECK(mall.run({"stock", "set", sku, "1000"}).status == 0);
  mall.open();
  std::string lines;
  for (int i = 0; i < 2000; ++i) {
    const std::string id = R"({"id":"o-)" + std::to_string(i) + R"(",)";
    const std::string& sku = skus[static_cast<std::size_t>(i) % skus.size()];
    lines += i % 3 == 0 ? id + R"("items":[{"sku":")" + sku + R"(","quantity":1}]})" + "\n"
                        : id + R"("sku":")" + sku + R"(","quantity":1})" + "\n";
  }
  lines += "{\"nothing\":1}\n";
  const Ran ran = mall.run({"submit", "-", "--wait", "--json"}, {.input = lines});
  CHECK_MESSAGE(ran.status == 0, ran.errors);
  const Json report = ran.json().front();
  CHECK(report["pushed"] == 2001);
  CHECK(report["accepted"] == 2000);
  CHECK(report["rejected"] == Json({{"malformed", 1}}));
  CHECK(report["missing"] == 0);
  for (const char* lane : {"b", "c", "d"}) CHECK(length(mall.admin(), "{" + std::string(lane) + "}:orders") == 500);
  CHECK(length(mall.admin(), "{a}:orders") == 501);
  mall.close();
  // No daemon: missing results are reported with their lane.
  const Ran missing =
      mall.run({"submit", "-", "--wait", "--timeout", "300ms"}, {.input = R"({"id":"late","sku":"shoe","quantity":1})"
                                                                          "\n"});
  CHECK(missing.status == 1);
  CHECK(missing.complains("The oldest is lane 'c': "));
}

TEST_CASE("results and dead letters of all lanes are shown in the order of their IDs") {
  Mall mall;
  for (const char* sku : {"shoe", "hat"}) CHECK(mall.run({"stock", "set", sku, "1"}).status == 0);
  mall.tick();
  mall.open();
  mall.push("a", "o-1", "hat");
  mall.wait_for_results("a", 2);
  mall.tick();
  mall.push("c", "o-2", "shoe");
  mall.wait_for_results("c", 2);
  mall.tick();
  mall.push("c", "o-3", "s h");
  mall.wait_for_results("c", 3);
  mall.tick();
  mall.push("a", "o-4", "h t");
  mall.wait_for_results("a", 3);
  const auto all = mall.run({"results", "--json"}).json();
  REQUIRE(all.size() == 6);
  CHECK(all[2]["lane"] == "a");
  CHECK(all[2]["order"] == "o-1");
  CHECK(all[3]["lane"] == "c");
  CHECK(all[5]["order"] == "o-4");
  const auto last = mall.run({"results", "--json", "--count", "2"}).json();
  REQUIRE(last.size() == 2);
  CHECK(last[0]["order"] == "o-3");
  CHECK(mall.run({"results", "--order", "o-2"}).row("c ").find(" accepted o-2 ") != std::string::npos);
  CHECK(mall.run({"results", "--order", "none"}).complains("no result of order none in any lane"));
  CHECK(mall.run({"results", "--lane", "a", "--json"}).json().size() == 3);
  // Entries of the same ID in two lanes: both are shown.
  for (const char* lane : {"a", "b", "d"}) {
    (void)ask(mall.admin(), {"XADD", "{" + std::string(lane) + "}:results", "9999999999999-0", "lane", lane});
  }
  const auto two = mall.run({"results", "--json", "--count", "2"}).json();
  REQUIRE(two.size() == 2);
  CHECK(two[0]["lane"] == "b");
  CHECK(two[1]["lane"] == "d");
  const auto dead = mall.run({"dead", "list", "--json"}).json();
  REQUIRE(dead.size() == 2);
  CHECK(dead[0]["lane"] == "a");
  CHECK(dead[1]["lane"] == "c");
  CHECK(mall.run({"dead", "list", "--limit", "1", "--from", "-", "--json"}).json().front()["lane"] == "c");
  CHECK(lines_of(mall.run({"dead", "list"}).output).at(1).starts_with("a "));
  const std::string letter = dead[0]["letter"];
  CHECK(mall.run({"dead", "discard", letter}).complains("choose one with --lane: a, b, c, d"));
  CHECK(mall.run({"dead", "discard", letter, "--lane", "a"}).status == 0);
  mall.close();
}

TEST_CASE("an order is searched in each lane") {
  Mall mall;
  for (const char* sku : {"shoe", "hat"}) CHECK(mall.run({"stock", "set", sku, "1"}).status == 0);
  mall.open();
  mall.push("a", "o-1", "shoe");
  mall.push("c", "o-1", "shoe");
  mall.wait_for_results("a", 2);
  mall.wait_for_results("c", 2);
  const auto shown = mall.run({"order", "show", "o-1", "--json"}).json();
  REQUIRE(shown.size() == 2);
  CHECK(shown[0]["lane"] == "a");
  CHECK(shown[0]["results"][0]["reason"] == "wrong_lane");
  CHECK(shown[1]["lane"] == "c");
  CHECK(shown[1]["record"]["outcome"] == "accepted");
  CHECK(mall.run({"order", "show", "o-1"}).row("lane") == "lane a");
  const Ran none = mall.run({"order", "show", "o-2"});
  CHECK(none.status == 1);
  CHECK(none.complains("nothing is known of order 'o-2' in any lane"));
  mall.close();
}

TEST_CASE("pause and resume work for all lanes or for one") {
  Mall mall;
  const Ran one = mall.run({"pause", "--lane", "b"});
  CHECK(one.says("'{b}:orders' is paused; orderctl resume --lane b ends that"));
  const auto all = mall.run({"pause", "--json"}).json();
  REQUIRE(all.size() == 4);
  CHECK(all[0]["lane"] == "a");
  CHECK(all[0]["changed"] == true);
  CHECK(all[1]["changed"] == false);
  const Ran resumed = mall.run({"resume"});
  CHECK(resumed.status == 0);
  for (const char* lane : {"a", "b", "c", "d"})
    CHECK(resumed.says("'{" + std::string(lane) + "}:orders' is resumed"));
}

TEST_CASE("status shows a row for each lane and the server once") {
  Mall mall;
  CHECK(mall.run({"stock", "set", "shoe", "5"}).status == 0);
  mall.push("c", "o-1", "shoe");
  mall.push("c", "o-2", "shoe");
  const Ran before = mall.run({"status"});
  CHECK(before.status == 0);
  CHECK(before.row("c ").starts_with("c none 0 2 "));
  CHECK(before.row("a ").starts_with("a none 0 0 "));
  CHECK(before.says("warning: lane 'c': requests are waiting and no orderd is active"));
  const Ran checked = mall.run({"status", "--check"});
  CHECK(checked.status == 1);
  for (const char* lane : {"a", "b", "c", "d"}) {
    CHECK(checked.complains("lane '" + std::string(lane) + "': no orderd is active"));
  }
  mall.open();
  mall.wait_for_results("c", 3);
  CHECK(mall.run({"pause", "--lane", "b"}).status == 0);
  const Ran ran = mall.run({"status"});
  CHECK(ran.row("c ") == "c only 0 0 2 3 0");
  CHECK(ran.row("b ").find("paused") != std::string::npos);
  const auto lines = lines_of(ran.output);
  CHECK(std::count_if(lines.begin(), lines.end(), [](const auto& line) { return line.starts_with("server "); }) == 1);
  CHECK(std::count_if(lines.begin(), lines.end(), [](const auto& line) {
          return line.find("the append-only file is off") != std::string::npos;
        }) == 1);
  const Json json = mall.run({"status", "--json"}).json().front();
  REQUIRE(json["lanes"].size() == 4);
  CHECK(json["lanes"][2]["lane"] == "c");
  CHECK(json["lanes"][2]["settled"] == 2);
  CHECK(json["lanes"][2]["active"]["name"] == "only");
  CHECK(mall.run({"status", "--check"}).status == 0);
  const Ran one = mall.run({"status", "--lane", "c"});
  CHECK(one.row("lane") == "lane c");
  CHECK(one.row("settled") == "settled 2");
  CHECK(mall.run({"status", "--lane", "c", "--json"}).json().front()["lane"] == "c");
  mall.close();
}

TEST_CASE("a lane whose server cannot be reached is a row with the error") {
  const Words nowhere = {"--valkey.url", "valkey://127.0.0.1:1"};
  const auto run = [&](const Words& more) {
    Words words = Mall::with_lanes(more);
    words.insert(words.begin(), nowhere.begin(), nowhere.end());
    return orderctl(words);
  };
  const Ran ran = run({"status"});
  CHECK(ran.status == 1);
  CHECK(ran.row("b ").find("127.0.0.1:1") != std::string::npos);
  CHECK(ran.row("d ").find("127.0.0.1:1") != std::string::npos);
  CHECK(run({"status", "--json"}).json().front()["lanes"][3]["error"].get<std::string>().find("127.0.0.1:1") !=
        std::string::npos);
  CHECK(run({"status", "--check"}).complains("lane 'd': "));
  CHECK(run({"audit"}).status == 1);
  CHECK(run({"audit"}).says("4 lanes could not be audited"));
  CHECK(run({"doctor"}).complains("lane 'd': "));
  CHECK(run({"pause"}).complains("lane 'd': "));
  CHECK(run({"stock", "get", "shoe"}).complains("lane 'c': "));
}

TEST_CASE("doctor examines the server once and each lane with its name") {
  Mall mall;
  (void)ask(mall.admin(), {"LPUSH", "{b}:orders:position", "x"});
  (void)ask(mall.admin(), {"XADD", "{c}:results", "9999999999999-0", "status", "stock"});
  (void)ask(mall.admin(), {"ACL", "SETUSER", "half", "on", ">secret", "+@all", "~{a}*", "~{b}*"});
  const Json json = mall.run({"doctor", "--json"}).json().front();
  CHECK(json["findings"].size() == 16);
  const auto finding = [&](const std::string& check) {
    for (const Json& each : json["findings"]) {
      if (each["check"] == check) return each;
    }
    return Json();
  };
  CHECK(finding("keys")["what"].get<std::string>().find("'{b}:orders:position'") != std::string::npos);
  CHECK(finding("ids")["what"].get<std::string>().find("'{c}:results'") != std::string::npos);
  CHECK(finding("rights")["what"] == "the user 'default' may do what orderd needs, in 4 lanes");
  const Ran online = mall.online({});
  CHECK_MESSAGE(online.status == 0, online.errors);
  CHECK(lines_of(online.output).size() == 2);
  const TemporaryDirectory directory;
  std::ofstream(directory.file("password")) << "secret";
  std::filesystem::permissions(directory.file("password"), std::filesystem::perms::owner_read);
  const Ran denied = mall.online({"--valkey.username", "half", "--valkey.password_file", directory.file("password")});
  CHECK(denied.status == 1);
  CHECK(denied.complains("lane 'c': the user 'half' may not run "));
  CHECK(denied.complains("lane 'd': the user 'half' may not run "));
  CHECK_FALSE(denied.complains("lane 'a': "));
  const Ran status =
      mall.run({"status", "--valkey.username", "half", "--valkey.password_file", directory.file("password")});
  CHECK_MESSAGE(status.says("warning: lanes 'c', 'd': not everything is known"), status.output, status.errors);
}

}  // namespace
}  // namespace orderd::test
