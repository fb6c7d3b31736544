#include <csignal>
#include <fstream>
#include <set>

#include "integration/orderctl_desk.h"
#include "support/wait_for.h"

namespace orderd::test {
namespace {

std::string order_of(const Entry& entry) {
  REQUIRE(entry.fields.size() == 1);
  return entry.field("order");
}

TEST_CASE("one order is pushed as JSON and its request ID is printed") {
  Desk desk;
  const Ran ran = desk.run({"submit", "--id", "o-1", "--customer", "c-7", "--sku", "shoe", "--quantity", "3"});
  CHECK(ran.status == 0);
  const auto orders = entries(desk.admin(), "orders");
  REQUIRE(orders.size() == 1);
  CHECK(order_of(orders[0]) == R"({"id":"o-1","customer":"c-7","sku":"shoe","quantity":3})");
  CHECK(ran.output == "submitted order o-1 as request " + orders[0].id + "\n");
}

TEST_CASE("an order of several lines and of one without a quantity") {
  Desk desk;
  CHECK(desk.run({"submit", "--id", "o-2", "--item", "shoe=1", "--item", "a=b=2", "--item", "[x]=3"}).status == 0);
  CHECK(desk.run({"submit", "--id", "{}", "--sku", "[a,b]", "--quiet"}).output.empty());
  const auto orders = entries(desk.admin(), "orders");
  REQUIRE(orders.size() == 2);
  CHECK(order_of(orders[0]) ==
        R"({"id":"o-2","items":[{"sku":"shoe","quantity":1},{"sku":"a=b","quantity":2},{"sku":"[x]","quantity":3}]})");
  CHECK(order_of(orders[1]) == R"({"id":"{}","sku":"[a,b]","quantity":1})");
}

TEST_CASE("an order without an ID gets a new one which is printed") {
  Desk desk;
  std::set<std::string> ids;
  for (int i = 0; i < 5; ++i) {
    const auto line = desk.run({"submit", "--sku", "shoe", "--json"}).json().at(0);
    const Entry entry = entries(desk.admin(), "orders").back();
    CHECK(line["request"] == entry.id);
    CHECK(Json::parse(order_of(entry))["id"] == line["order"]);
    ids.insert(line["order"].get<std::string>());
  }
  CHECK(ids.size() == 5);
}

TEST_CASE("the lines of a file are pushed as they are") {
  Desk desk;
  const TemporaryDirectory directory;
  const std::string file = directory.file("orders.ndjson");
  const std::vector<std::string> lines = {R"({"id":"o-1"})", "no order", std::string("\0\xff\x1b\r", 4), "  ", "last"};
  {
    std::ofstream stream(file, std::ios::binary);
    for (const std::string& line : lines) stream << line << (line == "last" ? "" : "\n");
  }
  const Ran ran = desk.run({"submit", file, "--force"});
  CHECK(ran.status == 0);
  CHECK(ran.errors.empty());
  CHECK(ran.says("pushed 5 requests in "));
  const auto orders = entries(desk.admin(), "orders");
  REQUIRE(orders.size() == lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) CHECK(order_of(orders[i]) == lines[i]);
  CHECK(ran.says(orders.front().id + " to " + orders.back().id));
}

TEST_CASE("empty lines and long ones are skipped and named by their numbers") {
  Desk desk;
  // With its field name an entry of 64 KiB, and one byte more.
  const std::string fits(65'531, 'f');
  const std::string input = "first\n\n" + fits + "x\n" + fits + "\n\r\n" + std::string(700'000, 'z') + "\nlast\n";
  const Ran ran = desk.run({"submit", "-", "--json", "--force"}, {.input = input});
  CHECK(ran.status == 1);
  for (const char* part : {"line 2: empty", "line 3: longer than", "line 5: empty", "line 6: longer than"}) {
    CHECK_MESSAGE(ran.complains(part), ran.errors);
  }
  const auto orders = entries(desk.admin(), "orders");
  REQUIRE(orders.size() == 3);
  CHECK(order_of(orders[0]) == "first");
  CHECK(order_of(orders[1]) == fits);
  CHECK(order_of(orders[2]) == "last");
  const Json line = ran.json().at(0);
  CHECK(line["pushed"] == 3);
  CHECK(line["empty_lines"] == 2);
  CHECK(line["long_lines"] == 2);
  CHECK(line["first"] == orders[0].id);
  CHECK(line["last"] == orders[2].id);
}

TEST_CASE("the number of messages about lines is limited") {
  const Desk desk;
  const Ran ran = desk.run({"submit", "-"}, {.input = std::string(100'000, '\n')});
  CHECK(ran.status == 0);
  CHECK(lines_of(ran.errors).size() == 20);
  CHECK(ran.says("pushed 0 requests\nskipped 100000 empty lines\n"));
  CHECK(desk.run({"submit", "-", "--quiet"}, {.input = "\n\n"}).errors.empty());
}

TEST_CASE("a long file is pushed in order and completely") {
  Desk desk;
  std::string input;
  constexpr std::size_t kLines = 30'000;
  // Lengths of all kinds, so that lines end everywhere in the buffer.
  for (std::size_t i = 0; i < kLines; ++i) input += std::to_string(i) + std::string(i * i % 997, '.') + "\n";
  const Ran ran = desk.run({"submit", "-", "--force"}, {.input = input});
  CHECK(ran.status == 0);
  CHECK(ran.errors.empty());
  const auto orders = entries(desk.admin(), "orders");
  REQUIRE(orders.size() == kLines);
  std::string pushed;
  for (const Entry& entry : orders) pushed += order_of(entry) + "\n";
  CHECK(pushed == input);
}

TEST_CASE("lines are pushed as they arrive without waiting for the end of the input") {
  Desk desk;
  const TemporaryDirectory directory;
  // A pipe per step: a reopened one could still be open from the step before.
  const std::string first = directory.file("first");
  const std::string second = directory.file("second");
  REQUIRE(Process({"mkfifo", first, second}).wait() == 0);
  const std::string command = "(echo one; read -r go < \"$1\"; echo two; read -r go < \"$2\") | " ORDERCTL_PATH
                              " --valkey.url " +
                              desk.url() + " submit - --force";
  Process process(clean_command("bash", {"-c", command, "bash", first, second}));
  wait_for([&] { return length(desk.admin(), "orders") == 1; }, std::chrono::seconds(20), "the first order");
  std::ofstream(first) << "go\n";
  wait_for([&] { return length(desk.admin(), "orders") == 2; }, std::chrono::seconds(20), "the second order");
  CHECK(process.running());
  std::ofstream(second) << "go\n";
  CHECK(process.wait() == 0);
  CHECK(process.output().find("pushed 2 requests") != std::string::npos);
}

TEST_CASE("a file without one order per line is refused before anything is pushed") {
  Desk desk;
  const TemporaryDirectory directory;
  const std::string file = directory.file("orders");
  const std::string good = R"({"id":"o-1","sku":"shoe","quantity":1})";
  const auto refused = [&](const std::string& content) {
    std::ofstream(file, std::ios::binary) << content;
    Ran ran = desk.run({"submit", file});
    CHECK(ran.status == 1);
    CHECK(ran.complains("Nothing was pushed"));
    CHECK(ran.complains("--force pushes lines as they are"));
    CHECK(ran.output.empty());
    // The same on standard input.
    Process same(
        clean_command("bash", {"-c", "exec " ORDERCTL_PATH " --valkey.url " + desk.url() + " submit - < " + file}));
    CHECK(same.wait() == 1);
    CHECK(same.errors().find("standard input: line ") != std::string::npos);
    CHECK(length(desk.admin(), "orders") == 0);
    return ran.errors;
  };
  CHECK(
      refused("id,sku,quantity\no-1,shoe,1\n").find("line 1: not a JSON object; a file of another form, such as CSV") !=
      std::string::npos);
  CHECK(refused("{\n  \"id\": \"o-1\"\n}\n").find("line 1: not a complete JSON object") != std::string::npos);
  CHECK(refused("[" + good + "]\n").find("line 1: a JSON array") != std::string::npos);
  CHECK(refused("[\n" + good + "]\n").find("jq -c '.[]' FILE") != std::string::npos);
  CHECK(refused(good + "\n\n" + good + "\n\"o-3\"\n").find("line 4: not a JSON object") != std::string::npos);
  CHECK(refused(good + good + "\n").find("line 1: not a complete JSON object") != std::string::npos);
  CHECK(desk.run({"submit", file, "--force"}).status == 0);
  CHECK(length(desk.admin(), "orders") == 1);
  // orderd decides about an object that is not an order.
  std::ofstream(file, std::ios::binary) << good << "\r\n \n\n{\"id\":1e999}\n";
  CHECK(desk.run({"submit", file, "--force"}).status == 0);
}

TEST_CASE("a line of a pipe that is not an order ends it and earlier lines are pushed") {
  Desk desk;
  const std::string command =
      "printf '{}\\n{}\\nthree\\n{}\\n' | " ORDERCTL_PATH " --valkey.url " + desk.url() + " submit -";
  Process process(clean_command("bash", {"-c", command}));
  CHECK(process.wait() == 1);
  CHECK(process.errors().find("line 3: not a JSON object") != std::string::npos);
  CHECK(process.errors().find("All before it was pushed") != std::string::npos);
  CHECK(process.output().find("pushed 2 requests") != std::string::npos);
  CHECK(length(desk.admin(), "orders") == 2);
}

TEST_CASE("a byte order mark is skipped") {
  Desk desk;
  CHECK(desk.run({"submit", "-"}, {.input = "\xEF\xBB\xBF{\"id\":\"o-1\"}\n{}\n"}).status == 0);
  CHECK(order_of(entries(desk.admin(), "orders").at(0)) == R"({"id":"o-1"})");
}

TEST_CASE("a connection that the server closed while idle is reopened") {
  Desk desk;
  const TemporaryDirectory directory;
  const std::string go = directory.file("go");
  REQUIRE(Process({"mkfifo", go}).wait() == 0);
  for (const std::string wait : {"", " --wait"}) {
    CAPTURE(wait);
    ask(desk.admin(), {"DEL", "orders"});
    const std::string command = "(echo '{}'; read -r go < \"$1\"; echo '{\"id\":\"o-2\"}') | " ORDERCTL_PATH
                                " --valkey.url " +
                                desk.url() + " submit - --json" + wait;
    Process process(clean_command("bash", {"-c", command, "bash", go}));
    wait_for([&] { return length(desk.admin(), "orders") == 1; }, std::chrono::seconds(20), "the first order");
    ask_number(desk.admin(), {"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
    std::ofstream(go) << "go\n";
    wait_for([&] { return length(desk.admin(), "orders") == 2; }, std::chrono::seconds(20), "the second order");
    for (const Entry& entry : entries(desk.admin(), "orders")) {
      (void)xadd(desk.admin(), "results", {{"request", entry.id}, {"status", "accepted"}});
    }
    CHECK(process.wait() == 0);
    CHECK(process.errors().find("; reconnecting") != std::string::npos);
    CHECK(process.errors().find("reconnected") != std::string::npos);
    const Json json = json_lines(process.output()).at(0);
    CHECK(json["pushed"] == 2);
    if (!wait.empty()) CHECK(json["accepted"] == 2);
  }
}

TEST_CASE("a signal stops a file and the line to continue from is named") {
  Desk desk;
  const std::string command = "exec " ORDERCTL_PATH " --valkey.url " + desk.url() + " submit - --json < <(yes '{}')";
  Process process(clean_command("bash", {"-c", command}));
  wait_for([&] { return length(desk.admin(), "orders") > 1000; }, std::chrono::seconds(20), "some orders");
  for (int i = 0; i < 2; ++i) process.signal(SIGINT);
  CHECK(process.wait() == 1);
  const Json json = json_lines(process.output()).at(0);
  CHECK(json["pushed"] == length(desk.admin(), "orders"));
  CHECK(process.errors().find("stopped before line " + std::to_string(json["pushed"].get<uint64_t>() + 1)) !=
        std::string::npos);
}

TEST_CASE("a file that cannot be read is reported") {
  const Desk desk;
  Ran ran = desk.run({"submit", "/nowhere/orders.ndjson"});
  CHECK(ran.status == 1);
  CHECK(ran.errors == "orderctl: cannot open '/nowhere/orders.ndjson': No such file or directory\n");
  ran = desk.run({"submit", "/"});
  CHECK(ran.status == 1);
  CHECK(ran.complains("'/': cannot read it: Is a directory"));
}

TEST_CASE("orders that the server refuses are reported with their line") {
  Desk desk;
  set(desk.admin(), "orders", "text");
  Ran ran = desk.run({"submit", "-", "--force"}, {.input = "\none\ntwo\n"});
  CHECK(ran.status == 1);
  CHECK(ran.complains("WRONGTYPE"));
  CHECK(ran.complains("0 orders were pushed; from line 2 on it is unknown"));
  ran = desk.run({"submit", "--sku", "shoe"});
  CHECK(ran.status == 1);
  CHECK(ran.complains("WRONGTYPE"));
}

TEST_CASE("progress is shown only on a terminal") {
  const Desk desk;
  const std::string command = "seq 300000 | " ORDERCTL_PATH " --valkey.url " + desk.url() + " submit - --force";
  Process on_terminal(clean_command("script", {"-qec", command, "/dev/null"}));
  CHECK(on_terminal.wait() == 0);
  CHECK(on_terminal.output().find("requests pushed") != std::string::npos);
  Process quiet(clean_command("script", {"-qec", command + " --quiet", "/dev/null"}));
  CHECK(quiet.wait() == 0);
  CHECK(quiet.output().empty());
}

}  // namespace
}  // namespace orderd::test
