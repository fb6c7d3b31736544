#include <csignal>
#include <fstream>
#include <set>

#include "integration/orderctl_desk.h"

namespace orderd::test {
namespace {

std::string order_of(const Entry& entry) {
  REQUIRE(entry.fields.size() == 1);
  return entry.field("order");
}

struct SubmitDesk : Desk {
  [[nodiscard]] Words pushed() {
    Words out;
    for (const Entry& entry : entries(admin(), "orders")) out.push_back(order_of(entry));
    return out;
  }
  void wait_for_orders(std::size_t count) {
    wait_for([&] { return length(admin(), "orders") >= count; }, std::chrono::seconds(20), "orders");
  }
  const TemporaryDirectory directory;
};

TEST_CASE_FIXTURE(SubmitDesk, "orders are pushed as JSON and their IDs and request IDs are printed") {
  const Ran ran = succeeded(run({"submit", "--id", "o-1", "--customer", "c-7", "--sku", "shoe", "--quantity", "3"}));
  const auto orders = entries(admin(), "orders");
  REQUIRE(orders.size() == 1);
  CHECK(ran.output == "submitted order o-1 as request " + orders[0].id + "\n");
  succeeded(run({"submit", "--id", "o-2", "--item", "shoe=1", "--item", "a=b=2", "--item", "[x]=3"}));
  CHECK(run({"submit", "--id", "{}", "--sku", "[a,b]", "--quiet"}).output.empty());
  CHECK(
      pushed() ==
      Words{
          R"({"id":"o-1","customer":"c-7","sku":"shoe","quantity":3})",
          R"({"id":"o-2","items":[{"sku":"shoe","quantity":1},{"sku":"a=b","quantity":2},{"sku":"[x]","quantity":3}]})",
          R"({"id":"{}","sku":"[a,b]","quantity":1})"});
  // An order without an ID gets a new one.
  std::set<std::string> ids;
  for (int i = 0; i < 5; ++i) {
    const auto line = run({"submit", "--sku", "shoe", "--json"}).json().at(0);
    const Entry entry = entries(admin(), "orders").back();
    CHECK(line["request"] == entry.id);
    CHECK(Json::parse(order_of(entry))["id"] == line["order"]);
    ids.insert(line["order"].get<std::string>());
  }
  CHECK(ids.size() == 5);
}

TEST_CASE_FIXTURE(SubmitDesk, "the lines of a file are pushed as they are") {
  const std::string file = directory.file("orders.ndjson");
  const Words lines = {R"({"id":"o-1"})", "no order", std::string("\0\xff\x1b\r", 4), "  ", "last"};
  {
    std::ofstream stream(file, std::ios::binary);
    for (const std::string& line : lines) stream << line << (line == "last" ? "" : "\n");
  }
  const Ran ran = succeeded(run({"submit", file, "--force"}), {"pushed 5 requests in "});
  CHECK(ran.errors.empty());
  CHECK(pushed() == lines);
  const auto orders = entries(admin(), "orders");
  CHECK(ran.says(orders.front().id + " to " + orders.back().id));
}

TEST_CASE_FIXTURE(SubmitDesk, "empty lines and long ones are skipped and named by their numbers") {
  // With its field name an entry of 64 KiB, and one byte more.
  const std::string fits(65'531, 'f');
  const std::string input = "first\n\n" + fits + "x\n" + fits + "\n\r\n" + std::string(700'000, 'z') + "\nlast\n";
  const Ran ran = failed(run({"submit", "-", "--json", "--force"}, {.input = input}),
                         {"line 2: empty", "line 3: longer than", "line 5: empty", "line 6: longer than"});
  CHECK(pushed() == Words{"first", fits, "last"});
  const auto orders = entries(admin(), "orders");
  check_values(
      ran.json().at(0),
      {{"pushed", 3}, {"empty_lines", 2}, {"long_lines", 2}, {"first", orders.front().id}, {"last", orders.back().id}});
  // The number of messages is limited.
  const Ran many = succeeded(run({"submit", "-"}, {.input = std::string(100'000, '\n')}),
                             {"pushed 0 requests\nskipped 100000 empty lines\n"});
  CHECK(lines_of(many.errors).size() == 20);
  CHECK(run({"submit", "-", "--quiet"}, {.input = "\n\n"}).errors.empty());
}

TEST_CASE_FIXTURE(SubmitDesk, "a long file is pushed in order and completely") {
  std::string input;
  // Lengths of all kinds, so that lines end everywhere in the buffer.
  for (std::size_t i = 0; i < 30'000; ++i) input += std::to_string(i) + std::string(i * i % 997, '.') + "\n";
  CHECK(succeeded(run({"submit", "-", "--force"}, {.input = input})).errors.empty());
  CHECK(pushed() == lines_of(input));
}

TEST_CASE_FIXTURE(SubmitDesk, "lines are pushed as they arrive without waiting for the end of the input") {
  // A pipe per step: a reopened one could still be open from the step before.
  const Gate first;
  const Gate second;
  Process process = start_script("(echo one; read -r go < " + first.file + "; echo two; read -r go < " + second.file +
                                 ") | $ORDERCTL submit - --force");
  wait_for_orders(1);
  first.open();
  wait_for_orders(2);
  CHECK(process.running());
  second.open();
  CHECK(process.wait() == 0);
  CHECK(contains(process.output(), "pushed 2 requests"));
}

TEST_CASE_FIXTURE(SubmitDesk, "a file without one order per line is refused before anything is pushed") {
  const std::string file = directory.file("orders");
  const std::string good = R"({"id":"o-1","sku":"shoe","quantity":1})";
  const std::pair<std::string, std::string> refused[] = {
      {"id,sku,quantity\no-1,shoe,1\n", "line 1: not a JSON object; a file of another form, such as CSV"},
      {"{\n  \"id\": \"o-1\"\n}\n", "line 1: not a complete JSON object"},
      {"[" + good + "]\n", "line 1: a JSON array"},
      {"[\n" + good + "]\n", "jq -c '.[]' FILE"},
      {good + "\n\n" + good + "\n\"o-3\"\n", "line 4: not a JSON object"},
      {good + good + "\n", "line 1: not a complete JSON object"}};
  for (const auto& [content, why] : refused) {
    CAPTURE(content);
    std::ofstream(file, std::ios::binary) << content;
    const Ran ran = failed(run({"submit", file}), {"Nothing was pushed", "--force pushes lines as they are", why});
    CHECK(ran.output.empty());
    failed(outcome_of(start_script("exec $ORDERCTL submit - < " + file)), {"standard input: line "});
    CHECK(length(admin(), "orders") == 0);
  }
  succeeded(run({"submit", file, "--force"}));
  CHECK(length(admin(), "orders") == 1);
  // orderd decides about an object that is not an order.
  std::ofstream(file, std::ios::binary) << good << "\r\n \n\n{\"id\":1e999}\n";
  succeeded(run({"submit", file, "--force"}));
}

TEST_CASE_FIXTURE(SubmitDesk, "a line of a pipe that is not an order ends it and earlier lines are pushed") {
  const Ran ran = failed(outcome_of(start_script("printf '{}\\n{}\\nthree\\n{}\\n' | $ORDERCTL submit -")),
                         {"line 3: not a JSON object", "All before it was pushed"});
  CHECK(ran.says("pushed 2 requests"));
  CHECK(length(admin(), "orders") == 2);
}

TEST_CASE_FIXTURE(SubmitDesk, "a byte order mark is skipped") {
  succeeded(run({"submit", "-"}, {.input = "\xEF\xBB\xBF{\"id\":\"o-1\"}\n{}\n"}));
  CHECK(pushed().at(0) == R"({"id":"o-1"})");
}

TEST_CASE_FIXTURE(SubmitDesk, "a connection that the server closed while idle is reopened") {
  const Gate gate;
  for (const std::string wait : {"", " --wait"}) {
    CAPTURE(wait);
    ask(admin(), {"DEL", "orders"});
    Process process = start_script("(echo '{}'; read -r go < " + gate.file +
                                   "; echo '{\"id\":\"o-2\"}') | $ORDERCTL submit - --json" + wait);
    wait_for_orders(1);
    ask_number(admin(), {"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
    gate.open();
    wait_for_orders(2);
    for (const Entry& entry : entries(admin(), "orders")) {
      xadd(admin(), "results", {{"request", entry.id}, {"status", "accepted"}});
    }
    CHECK(process.wait() == 0);
    CHECK(says(process, "; reconnecting"));
    CHECK(says(process, "reconnected"));
    const Json json = json_lines(process.output()).at(0);
    CHECK(json["pushed"] == 2);
    if (!wait.empty()) CHECK(json["accepted"] == 2);
  }
}

TEST_CASE_FIXTURE(SubmitDesk, "a signal stops a file and the line to continue from is named") {
  Process process = start_script("exec $ORDERCTL submit - --json < <(yes '{}')");
  wait_for_orders(1001);
  for (int i = 0; i < 2; ++i) process.signal(SIGINT);
  CHECK(process.wait() == 1);
  const Json json = json_lines(process.output()).at(0);
  CHECK(json["pushed"] == length(admin(), "orders"));
  CHECK(says(process, "stopped before line " + std::to_string(json["pushed"].get<uint64_t>() + 1)));
}

TEST_CASE_FIXTURE(SubmitDesk, "a file that cannot be read is reported, and the line that the server refuses") {
  CHECK(failed(run({"submit", "/nowhere/orders.ndjson"}), {}).errors ==
        "orderctl: cannot open '/nowhere/orders.ndjson': No such file or directory\n");
  failed(run({"submit", "/"}), {"'/': cannot read it: Is a directory"});
  set(admin(), "orders", "text");
  failed(run({"submit", "-", "--force"}, {.input = "\none\ntwo\n"}),
         {"WRONGTYPE", "0 orders were pushed; from line 2 on it is unknown"});
  failed(run({"submit", "--sku", "shoe"}), {"WRONGTYPE"});
}

TEST_CASE_FIXTURE(SubmitDesk, "progress is shown only on a terminal") {
  const auto on_terminal = [&](const std::string& flags) {
    const std::string command = "\"seq 300000 | $ORDERCTL submit - --force" + flags + "\"";
    return succeeded(outcome_of(start_script("exec script -qec " + command + " /dev/null"))).output;
  };
  CHECK(contains(on_terminal(""), "requests pushed"));
  CHECK(on_terminal(" --quiet").empty());
}

}  // namespace
}  // namespace orderd::test
