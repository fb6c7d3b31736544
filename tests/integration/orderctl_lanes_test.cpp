// orderctl with several lanes: it finds the lane of an SKU, and shows all lanes.
#include <algorithm>
#include <memory>

#include "integration/guarded.h"
#include "integration/orderctl_desk.h"

namespace orderd::test {
namespace {

using namespace std::chrono_literals;

const Words kLaneNames = {"a", "b", "c", "d"};

Words four_lanes(const Words& more) {
  return joined(lane_settings("a,b,c,d"), more);
}
Ran run_nowhere(const Words& words) {
  return orderctl_at("valkey://127.0.0.1:1", words);
}

// Four lanes on one server: hats belong to a, socks to b, shoes to c, ties to d.
struct Mall : Desk {
  [[nodiscard]] Ran run(const Words& words, const ProcessOptions& options = {}) const {
    return Desk::run(four_lanes(words), options);
  }
  // The lines of a command's JSON.
  [[nodiscard]] std::vector<Json> json(const Words& words) const { return run(joined(words, {"--json"})).json(); }
  void stock(const Words& skus, const char* stock) const {
    for (const std::string& sku : skus) succeeded(run({"stock", "set", sku, stock}));
  }
  void open() {
    daemon.reset(new Process(start_orderd(four_lanes({"--processing.name", "only"}))));
    for (const std::string& lane : kLaneNames) {
      wait_for([&] { return get(admin(), "{" + lane + "}:orders:owner").has_value(); }, 20s, "an owner");
    }
  }
  void close() { end(*daemon); }
  // orderd --check --online
  [[nodiscard]] Ran online(const Words& more) const {
    return outcome_of(start_orderd(four_lanes(joined({"--check", "--online"}, more))));
  }
  // Waits for the server's next millisecond: new IDs are larger than earlier ones in any stream.
  void tick() {
    const std::string script = "local t = redis.call('TIME') return string.format('%d.%d', t[1], t[2] / 1000)";
    const auto now = [&] { return ask(admin(), {"EVAL", script, "0"}); };
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
  CHECK(succeeded(run_nowhere(four_lanes({"lane", "shoe", "hat"}))).output == "shoe  c\nhat   a\n");
  const Ran json = run_nowhere(four_lanes({"lane", "shoe", "--json"}));
  CHECK(json.json().front() == Json({{"sku", "shoe"}, {"lane", "c"}}));
  const Ran names = succeeded(run_nowhere({"lane", "names", "--count", "3", "--prefix", "eu-"}));
  CHECK(count_of(names.output, ",") == 2);
  CHECK(names.output.starts_with("eu-"));
  const Ran six = run_nowhere({"lane", "names", "--count", "6", "--nodes", "3", "--json"});
  CHECK(six.json().front()["lanes"].size() == 6);
  failed(run_nowhere({"lane", "shoe"}), {"streams.lanes is empty"});
  failed(run_nowhere({"lane", "names", "--count", "4", "--nodes", "3"}), {"such as --count 6"});
  failed(run_nowhere({"lane", "names", "--count", "2", "--prefix", "{x}"}), {"--prefix: the name of a lane"});
  failed(run_nowhere({"lane"}), {}, 2);
  failed(run_nowhere({"lane", "names"}), {}, 2);
}

TEST_CASE_FIXTURE(Mall, "stock is set, changed and read in the lane of its SKU") {
  CHECK(run({"stock", "set", "shoe", "5"}).output == "shoe: 5 (new)\n");
  stock({"hat"}, "2");
  CHECK(run({"stock", "add", "shoe", "-1"}).output == "shoe: 4 (was 5)\n");
  CHECK(get(admin(), "{c}:stock:shoe") == "4");
  CHECK(get(admin(), "{a}:stock:hat") == "2");
  CHECK(length(admin(), "{c}:results") == 2);
  CHECK(json({"stock", "set", "tie", "1"}).front()["lane"] == "d");
  check_rows(succeeded(run({"stock", "get", "shoe", "hat"})), {"shoe c 4", "hat a 2"});
  // --lane overrides the rule.
  succeeded(run({"--lane", "b", "stock", "set", "hat", "7"}));
  CHECK(get(admin(), "{b}:stock:hat") == "7");
  CHECK(json({"stock", "list"}) == std::vector<Json>{{{"lane", "a"}, {"sku", "hat"}, {"stock", 2}},
                                                     {{"lane", "b"},
                                                      {"sku", "hat"},
                                                      {"stock", 7},
                                                      {"problem", "wrong_lane"},
                                                      {"detail", "not sold: the SKU belongs to lane 'a'"}},
                                                     {{"lane", "c"}, {"sku", "shoe"}, {"stock", 4}},
                                                     {{"lane", "d"}, {"sku", "tie"}, {"stock", 1}}});
  check_rows(run({"stock", "list", "--lane", "c"}), {"SKU STOCK", "shoe 4"});
  CHECK(json({"stock", "list", "--unsorted"}).size() == 4);
}

TEST_CASE_FIXTURE(Mall, "an order is submitted to the lane of its first SKU and its result is waited for there") {
  stock({"shoe", "hat"}, "5");
  open();
  succeeded(run({"submit", "--sku", "shoe", "--id", "o-1", "--wait"}),
            {"submitted order o-1 as request ", " to lane 'c'\n", "accepted"});
  check_values(json({"submit", "--item", "hat=1", "--item", "shoe=1", "--id", "o-2", "--wait"}).front(),
               {{"lane", "a"}, {"reason", "wrong_lane"}});
  CHECK(run({"submit", "--sku", "shoe", "--lane", "d", "--wait"}).says("wrong_lane"));
  close();
}

TEST_CASE_FIXTURE(Mall, "a file of orders is pushed to many lanes and all results are counted") {
  const Words skus = {"hat", "sock", "shoe", "tie"};
  stock(skus, "1000");
  open();
  std::string lines;
  for (std::size_t i = 0; i < 2000; ++i) {
    const std::string line = R"("sku":")" + skus[i % skus.size()] + R"(","quantity":1})";
    lines += R"({"id":"o-)" + std::to_string(i) + "\"," + (i % 3 == 0 ? "\"items\":[{" + line + "]}" : line) + "\n";
  }
  lines += "{\"nothing\":1}\n{\"id\":\"bad\",\"sku\":\"tie\",\"quantity\":\"3\"}\n";  // the second one's lane is known
  const Ran ran = succeeded(run({"submit", "-", "--wait", "--json"}, {.input = lines}));
  check_values(ran.json().front(),
               {{"pushed", 2002}, {"accepted", 2000}, {"rejected", {{"malformed", 2}}}, {"missing", 0}});
  for (const std::string lane : {"b", "c"}) CHECK(length(admin(), "{" + lane + "}:orders") == 500);
  for (const std::string lane : {"a", "d"}) CHECK(length(admin(), "{" + lane + "}:orders") == 501);
  close();
  // No daemon: missing results are reported with their lane.
  const std::string late = "{\"id\":\"late\",\"sku\":\"shoe\",\"quantity\":1}\n";
  failed(run({"submit", "-", "--wait", "--timeout", "300ms"}, {.input = late}), {"The oldest is lane 'c': "});
}

TEST_CASE_FIXTURE(Mall, "results and dead letters of all lanes are shown in the order of their IDs") {
  stock({"shoe", "hat"}, "1");
  open();
  settle_next("a", "o-1", "hat");
  settle_next("c", "o-2", "shoe");
  settle_next("c", "o-3", "s h");
  settle_next("a", "o-4", "h t");
  const Json all = json({"results"});
  REQUIRE(all.size() == 6);
  check_values(all, {{"2/lane", "a"}, {"2/order", "o-1"}, {"3/lane", "c"}, {"5/order", "o-4"}});
  CHECK(run({"results", "--json", "--count", "2"}).column("order") == Words{"o-3", "o-4"});
  check_rows(run({"results", "--order", "o-2"}), {"c * accepted o-2 *"});
  failed(run({"results", "--order", "none"}), {"no result of order none in any lane"});
  CHECK(json({"results", "--lane", "a"}).size() == 3);
  // Entries of the same ID in two lanes: both are shown.
  for (const std::string lane : {"a", "b", "d"}) {
    ask(admin(), {"XADD", "{" + lane + "}:results", "9999999999999-0", "lane", lane});
  }
  CHECK(run({"results", "--json", "--count", "2"}).column("lane") == Words{"b", "d"});
  const Ran dead = run({"dead", "list", "--json"});
  CHECK(dead.column("lane") == Words{"a", "c"});
  CHECK(run({"dead", "list", "--limit", "1", "--from", "-", "--json"}).column("lane") == Words{"c"});
  CHECK(run({"dead", "list"}).rows().at(1).starts_with("a "));
  const std::string letter = dead.column("letter").at(0);
  CHECK(run({"dead", "discard", letter}).complains("choose one with --lane: a, b, c, d"));
  succeeded(run({"dead", "discard", letter, "--lane", "a"}));
  close();
}

TEST_CASE_FIXTURE(Mall, "an order is searched in each lane") {
  stock({"shoe", "hat"}, "1");
  open();
  for (const char* lane : {"a", "c"}) push(lane, "o-1", "shoe");
  for (const char* lane : {"a", "c"}) wait_for_results(lane, 2);
  const Json shown = json({"order", "show", "o-1"});
  REQUIRE(shown.size() == 2);
  check_values(
      shown,
      {{"0/lane", "a"}, {"0/results/0/reason", "wrong_lane"}, {"1/lane", "c"}, {"1/record/outcome", "accepted"}});
  CHECK(run({"order", "show", "o-1"}).row("lane") == "lane a");
  failed(run({"order", "show", "o-2"}), {"nothing is known of order 'o-2' in any lane"});
  close();
}

TEST_CASE_FIXTURE(Mall, "pause and resume work for all lanes or for one") {
  CHECK(run({"pause", "--lane", "b"}).says("'{b}:orders' is paused; orderctl resume --lane b ends that"));
  const Json all = json({"pause"});
  REQUIRE(all.size() == 4);
  check_values(all, {{"0/lane", "a"}, {"0/changed", true}, {"1/changed", false}});
  const Ran resumed = succeeded(run({"resume"}));
  for (const std::string& lane : kLaneNames) CHECK(resumed.says("'{" + lane + "}:orders' is resumed"));
}

TEST_CASE_FIXTURE(Mall, "status shows a row for each lane and the server once") {
  stock({"shoe"}, "5");
  push("c", "o-1", "shoe");
  push("c", "o-2", "shoe");
  const Ran before = succeeded(run({"status"}), {"warning: lane 'c': requests are waiting and no orderd is active"});
  check_rows(before, {"c none 0 2 *", "a none 0 0 *"});
  const Ran checked = failed(run({"status", "--check"}), {});
  for (const std::string& lane : kLaneNames) CHECK(checked.complains("lane '" + lane + "': no orderd is active"));
  open();
  wait_for_results("c", 3);
  succeeded(run({"pause", "--lane", "b"}));
  const Ran ran = run({"status"});
  check_rows(ran, {"c only 0 0 2 3 0", "b *paused*"});
  CHECK(count_of("\n" + ran.output, "\nserver ") == 1);
  CHECK(count_of(ran.output, "the append-only file is off") == 1);
  const Json json = this->json({"status"}).front();
  REQUIRE(json["lanes"].size() == 4);
  check_values(json["lanes"][2], {{"lane", "c"}, {"settled", 2}, {"active/name", "only"}});
  succeeded(run({"status", "--check"}));
  check_rows(run({"status", "--lane", "c"}), {"lane c", "settled 2"});
  CHECK(this->json({"status", "--lane", "c"}).front()["lane"] == "c");
  close();
}

TEST_CASE("a lane whose server cannot be reached is a row with the error") {
  const auto run = [](const Words& more) { return run_nowhere(four_lanes(more)); };
  const Ran ran = failed(run({"status"}), {});
  check_rows(ran, {"b *127.0.0.1:1*", "d *127.0.0.1:1*"});
  CHECK(contains(run({"status", "--json"}).json().front()["lanes"][3]["error"].get<std::string>(), "127.0.0.1:1"));
  CHECK(failed(run({"audit"}), {}).says("4 lanes could not be audited"));
  for (const Words& words : {Words{"status", "--check"}, {"doctor"}, {"pause"}}) failed(run(words), {"lane 'd': "});
  failed(run({"stock", "get", "shoe"}), {"lane 'c': "});
}

TEST_CASE_FIXTURE(Mall, "doctor examines the server once and each lane with its name") {
  ask(admin(), {"LPUSH", "{b}:orders:position", "x"});
  ask(admin(), {"XADD", "{c}:results", "9999999999999-0", "status", "stock"});
  ask(admin(), {"ACL", "SETUSER", "half", "on", ">secret", "+@all", "~{a}*", "~{b}*"});
  const Json findings = json({"doctor"}).front()["findings"];
  CHECK(findings.size() == 16);
  const auto what = [&](const std::string& check) -> std::string {
    for (const Json& each : findings) {
      if (each["check"] == check) return each["what"];
    }
    return "";
  };
  CHECK(contains(what("keys"), "'{b}:orders:position'"));
  CHECK(contains(what("ids"), "'{c}:results'"));
  CHECK(what("rights") == "the user 'default' may do what orderd needs, in 4 lanes");
  CHECK(lines_of(succeeded(online({})).output).size() == 2);
  const TemporaryDirectory directory;
  const std::string file = directory.file("password");
  write_secret(file, "secret");
  const Words half = {"--valkey.username", "half", "--valkey.password_file", file};
  const Ran denied = failed(online(half), {"lane 'c': the user 'half' may not run ",  //
                                           "lane 'd': the user 'half' may not run "});
  CHECK_FALSE(denied.complains("lane 'a': "));
  const Ran status = run(joined({"status"}, half));
  CHECK_MESSAGE(status.says("warning: lanes 'c', 'd': not everything is known"), status.output, status.errors);
}

}  // namespace
}  // namespace orderd::test
