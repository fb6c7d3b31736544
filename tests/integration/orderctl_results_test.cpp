#include <algorithm>

#include "integration/orderctl_desk.h"

namespace orderd::test {
namespace {

struct ResultsDesk : Desk {
  // Results with IDs 1-0, 2-0, … for the requests 101-0, 102-0, …; every third is for the order "third".
  void fill(int count) {
    (void)ask(admin(), {"EVAL",
                        "for i = 1, ARGV[1] do server.call('XADD', 'results', i .. '-0', 'order', "
                        "i % 3 == 0 and 'third' or 'o-' .. i, 'request', (100 + i) .. '-0', 'status', 'accepted', "
                        "'lines', '[{\"sku\":\"shoe\",\"quantity\":1,\"remaining\":' .. (100000 - i) .. '}]') end",
                        "0", std::to_string(count)});
  }
  void add(const Fields& fields) { (void)xadd(admin(), "results", fields); }
};

std::vector<std::string> ids(const Ran& ran) {
  std::vector<std::string> out;
  for (const Json& line : ran.json()) out.push_back(line["id"]);
  return out;
}

TEST_CASE_FIXTURE(ResultsDesk, "the last results show in their order") {
  fill(30);
  Ran ran = run({"results"});
  CHECK(ran.status == 0);
  CHECK(lines_of(ran.output).size() == 21);
  CHECK(ran.row("RESULT") == "RESULT TIME STATUS ORDER REQUEST WHAT");
  CHECK(ran.row("11-0") == "11-0 accepted o-11 111-0 shoe 1, 99989 left");
  CHECK(ran.row("10-0").empty());
  CHECK(ids(run({"results", "--json"})).size() == 20);
  CHECK(ids(run({"results", "--json", "--count", "2"})) == std::vector<std::string>{"29-0", "30-0"});
  CHECK(ids(run({"results", "--json", "--count", "1000"})).size() == 30);
}

TEST_CASE_FIXTURE(ResultsDesk, "times are UTC wherever the machine is") {
  ask(admin(), {"XADD", "results", "1795608000500-0", "order", "o-1", "request", "1-0", "status", "accepted"});
  for (const std::string zone : {"UTC", "Asia/Kathmandu", "XYZ+5"}) {
    const ProcessOptions there = {.environment = {"TZ=" + zone}};
    CHECK(run({"results"}, there).row("1795608000500-0").starts_with("1795608000500-0 2026-11-25T12:00:00Z accepted"));
    CHECK(ids(run({"results", "--json", "--from", "2026-11-25"}, there)).size() == 1);
    CHECK(ids(run({"results", "--json", "--from", "2026-11-25T12:00:01Z"}, there)).empty());
  }
}

TEST_CASE_FIXTURE(ResultsDesk, "results show from an entry") {
  fill(30);
  CHECK(ids(run({"results", "--json", "--from", "28"})) == std::vector<std::string>{"28-0", "29-0", "30-0"});
  CHECK(ids(run({"results", "--json", "--from", "28-1"})) == std::vector<std::string>{"29-0", "30-0"});
  CHECK(ids(run({"results", "--json", "--from", "0"})).size() == 30);
  CHECK(ids(run({"results", "--json", "--from", "5-0", "--count", "2"})) == std::vector<std::string>{"5-0", "6-0"});
  CHECK(run({"results", "--from", "31"}).complains("no results"));
  CHECK(ids(run({"results", "--json", "--from", "+"})) == std::vector<std::string>{"30-0"});
  CHECK(run({"results", "--from", "+", "--order", "o-29"}).status == 1);
}

TEST_CASE_FIXTURE(ResultsDesk, "a stream of many pages is shown completely") {
  fill(5'500);
  CHECK(ids(run({"results", "--json", "--from", "0"})).size() == 5'500);
  const auto last = ids(run({"results", "--json", "--count", "2500"}));
  REQUIRE(last.size() == 2'500);
  CHECK(last.front() == "3001-0");
  CHECK(last.back() == "5500-0");
  CHECK(ids(run({"results", "--json", "--from", "7-0", "--count", "2500"})).back() == "2506-0");
}

TEST_CASE_FIXTURE(ResultsDesk, "the results of one order or one request are found") {
  fill(3'000);
  const auto third = run({"results", "--order", "third", "--json"});
  CHECK(third.status == 0);
  CHECK(ids(third).size() == 1'000);
  CHECK(ids(run({"results", "--request", "2500-0", "--json"})) == std::vector<std::string>{"2400-0"});
  CHECK(ids(run({"results", "--request", "2500", "--json"})) == std::vector<std::string>{"2400-0"});
  CHECK(ids(run({"results", "--order", "third", "--from", "2998", "--json"})) == std::vector<std::string>{"3000-0"});
  Ran ran = run({"results", "--order", "nobody"});
  CHECK(ran.status == 1);
  CHECK(ran.output.empty());
  CHECK(ran.complains("no result of order nobody in the stream 'results'"));
  ran = run({"results", "--request", "1-0", "--json"});
  CHECK(ran.status == 1);
  CHECK(ran.complains("no result of request 1-0"));
}

TEST_CASE_FIXTURE(ResultsDesk, "results are chosen by status and by reason") {
  for (int i = 0; i < 30; ++i) {
    const std::string order = "o-" + std::to_string(i);
    (void)xadd(admin(), "results",
               i % 10 == 0 ? Fields{{"order", order}, {"status", "rejected"}, {"reason", "insufficient_stock"}}
                           : Fields{{"order", order}, {"status", i == 29 ? "duplicate" : "accepted"}});
  }
  const auto orders = [&](Words words) {
    words.insert(words.begin(), {"results", "--json"});
    std::string out;
    for (const Json& line : run(words).json()) out += line["order"].get<std::string>() + " ";
    return out;
  };
  CHECK(orders({"--status", "rejected"}) == "o-0 o-10 o-20 ");
  CHECK(orders({"--status", "rejected", "--count", "2"}) == "o-10 o-20 ");
  CHECK(orders({"--reason", "insufficient_stock", "--since", "0", "--count", "1"}) == "o-0 ");
  CHECK(orders({"--status", "accepted", "--count", "2"}) == "o-27 o-28 ");
  CHECK(orders({"--status", "accepted", "--order", "o-5"}) == "o-5 ");
  CHECK(orders({"--order", "o-5", "--count", "1"}) == "o-5 ");
  const Ran none = run({"results", "--status", "rejected", "--reason", "malformed"});
  CHECK(none.status == 1);
  CHECK(none.errors == "orderctl: no result with status rejected and reason malformed in the stream 'results'\n");
}

TEST_CASE_FIXTURE(ResultsDesk, "results show since a time or a day or for how long") {
  (void)ask(admin(), {"XADD", "results", "1795608000500-0", "order", "then", "status", "accepted"});
  const auto count = [&](const std::string& since) {
    const Ran ran = run({"results", "--json", "--since", since});
    CHECK_MESSAGE(ran.status == 0, ran.errors);
    return ran.json().size();
  };
  for (const char* before : {"2026-11-25", "2026-11-25T12:00:00Z", "2026-11-25T13:00:00+01:00",
                             "2026-11-25 13:00:00+0100", "2026-11-25T12:00Z", "8760h"}) {
    CHECK_MESSAGE(count(before) == 1, before);
  }
  for (const char* after : {"2026-11-26", "2026-11-25T12:00:01Z", "2026-11-25T13:00:01+0100"}) {
    CHECK_MESSAGE(count(after) == 0, after);
  }
  add({{"order", "now"}, {"status", "accepted"}});
  CHECK(run({"results", "--json", "--since", "10m"}).json().back()["order"] == "now");
  CHECK(run({"results", "--since", "2026-11-25T12:00"}).complains("has no zone; append Z for UTC"));
}

TEST_CASE_FIXTURE(ResultsDesk, "without results there is a message and no error") {
  const Ran ran = run({"results"});
  CHECK(ran.status == 0);
  CHECK(ran.output.empty());
  CHECK(ran.errors == "orderctl: no results in the stream 'results'\n");
}

TEST_CASE_FIXTURE(ResultsDesk, "each kind of result is shown in words") {
  add({{"order", "a"},
       {"request", "1-0"},
       {"status", "rejected"},
       {"reason", "insufficient_stock"},
       {"lines", R"([{"sku":"shoe","quantity":3,"available":2},{"sku":"hat","quantity":1,"available":null}])"}});
  add({{"order", "b"},
       {"request", "2-0"},
       {"status", "rejected"},
       {"reason", "malformed"},
       {"detail", "id is missing"}});
  add({{"order", "c"}, {"request", "3-0"}, {"status", "duplicate"}, {"outcome", "accepted"}, {"original", "1-0"}});
  add({{"order", "d"},
       {"request", "4-0"},
       {"status", "rejected"},
       {"reason", "bad_record"},
       {"detail", "the key orders:order:d does not hold the record of an order"}});
  add({{"status", "stock"},
       {"change", "add"},
       {"reason", "wet"},
       {"lines", R"([{"sku":"shoe","before":9,"quantity":-2,"remaining":7}])"}});
  add({{"status", "stock"},
       {"change", "set"},
       {"reason", ""},
       {"lines", R"([{"sku":"x","before":null,"quantity":5,"remaining":5}])"}});
  const Ran ran = run({"results"});
  CHECK(ran.says("insufficient_stock; shoe 3, 2 available; hat 1, no stock"));
  CHECK(ran.says("malformed; id is missing"));
  CHECK(ran.says("was accepted in 1-0"));
  CHECK(ran.says("bad_record; the key orders:order:d does not hold the record of an order"));
  CHECK(ran.says("wet; shoe -2, 7 left"));
  CHECK(ran.says("x +5, 5 left"));
}

TEST_CASE_FIXTURE(ResultsDesk, "JSON has the lines as JSON and all else as strings") {
  const std::string id = xadd(admin(), "results",
                              {{"order", "o-1"},
                               {"lines", R"([{"sku":"shoe","quantity":9007199254740991,"remaining":0}])"},
                               {"quantity", "3"},
                               {"id", "its own"}});
  const Json line = run({"results", "--json"}).json().at(0);
  CHECK(line["id"] == id);
  CHECK(line["id#2"] == "its own");
  CHECK(line["lines"][0]["quantity"] == 9'007'199'254'740'991);
  CHECK(line["quantity"] == "3");
}

TEST_CASE_FIXTURE(ResultsDesk, "arbitrary bytes are safe on a terminal and in JSON") {
  const std::string bytes("a\0\x1b[2J\xff\n\xe2\x80\xae", 11);
  add({{"order", bytes}, {bytes, bytes}, {"status", bytes}, {"lines", "[" + bytes}});
  add({{"lines", std::string(60'000, '[')}, {"original", "x"}, {"outcome", bytes}});
  add({{"lines", "[1,{\"sku\":{\"a\":1}},\"" + std::string("\u202e") + "\"]"}});
  Ran ran = run({"results"});
  CHECK(ran.status == 0);
  CHECK(ran.says("a\\x00\\x1b[2J\\xff\\x0a\\u{202E}"));
  for (const char c : {'\x1b', '\0', '\xff'}) CHECK(ran.output.find(c) == std::string::npos);
  CHECK_FALSE(ran.says("\u202e"));
  CHECK(lines_of(ran.output).size() == 4);
  ran = run({"results", "--json"});
  CHECK(ran.status == 0);
  const auto lines = ran.json();
  REQUIRE(lines.size() == 3);
  CHECK(lines[0]["order"] == std::string("a\0\x1b[2J\ufffd\n\u202e", 13));
  CHECK(lines[0]["lines"].is_string());
  CHECK(lines[1]["lines"].get<std::string>().size() == 60'000);
  CHECK(lines[2]["lines"].is_array());
}

TEST_CASE_FIXTURE(ResultsDesk, "colors are for terminals and NO_COLOR turns them off") {
  fill(1);
  const auto on_terminal = [&](const std::vector<std::string>& environment) {
    const std::string command = ORDERCTL_PATH " --valkey.url " + url() + " results";
    Process process(clean_command("script", {"-qec", command, "/dev/null"}), {.environment = environment});
    CHECK(process.wait() == 0);
    return contains(process.output(), "\x1b[32maccepted\x1b[0m");
  };
  CHECK(on_terminal({"TERM=xterm", "NO_COLOR="}));
  CHECK_FALSE(on_terminal({"TERM=xterm", "NO_COLOR=1"}));
  CHECK_FALSE(on_terminal({"TERM=dumb", "NO_COLOR="}));
  CHECK_FALSE(run({"results"}, {.environment = {"TERM=xterm", "NO_COLOR="}}).says("\x1b"));
}

TEST_CASE_FIXTURE(ResultsDesk, "a table fits the width of the terminal and elsewhere nothing is folded") {
  fill(3);
  const auto widest_on_terminal = [&](const std::string& before) {
    const std::string command = before + ORDERCTL_PATH " --valkey.url " + url() + " results";
    Process process(clean_command("env", {"-u", "COLUMNS", "script", "-qec", command, "/dev/null"}),
                    {.environment = {"NO_COLOR=1"}});
    CHECK(process.wait() == 0);
    CHECK(contains(process.output(), "accepted"));
    std::size_t widest = 0;
    for (const std::string& line : lines_of(process.output())) widest = std::max(widest, line.find('\r'));
    return widest;
  };
  CHECK(widest_on_terminal("stty cols 60; ") <= 60);
  CHECK(widest_on_terminal("stty cols 60; COLUMNS=45 ") <= 45);
  CHECK(widest_on_terminal("stty cols 200; ") > 60);
  CHECK(run({"results"}, {.environment = {"COLUMNS=45"}}).row("2-0").ends_with("shoe 1, 99998 left"));
}

TEST_CASE_FIXTURE(ResultsDesk, "output that cannot be written is a failure") {
  fill(1);
  Process process(clean_command("bash", {"-c", ORDERCTL_PATH " --valkey.url " + url() + " results > /dev/full"}));
  CHECK(process.wait() == 1);
  CHECK(says(process, "cannot write to standard output: No space left on device"));
}

}  // namespace
}  // namespace orderd::test
