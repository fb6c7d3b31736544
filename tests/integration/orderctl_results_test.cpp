#include <algorithm>

#include "integration/orderctl_desk.h"

namespace orderd::test {
namespace {

struct ResultsDesk : Desk {
  // Results with IDs 1-0, 2-0, … for the requests 101-0, 102-0, …; every third is for the order "third".
  void fill(int count) {
    ask(admin(), {"EVAL",
                  "for i = 1, ARGV[1] do server.call('XADD', 'results', i .. '-0', 'order', "
                  "i % 3 == 0 and 'third' or 'o-' .. i, 'request', (100 + i) .. '-0', 'status', 'accepted', "
                  "'lines', '[{\"sku\":\"shoe\",\"quantity\":1,\"remaining\":' .. (100000 - i) .. '}]') end",
                  "0", std::to_string(count)});
  }
  void add(const Fields& fields) { xadd(admin(), "results", fields); }
  // This field of the results that "orderctl results --json" shows.
  [[nodiscard]] Words shown(const Words& flags, const char* field = "id") const {
    return run(joined({"results", "--json"}, flags)).column(field);
  }
  // What a terminal shows of "orderctl results".
  [[nodiscard]] std::string on_terminal(const Words& environment, const std::string& before = "") const {
    const std::string command = "\"" + before + "$ORDERCTL results\"";
    return succeeded(outcome_of(start_script("exec script -qec " + command + " /dev/null", environment))).output;
  }
};

TEST_CASE_FIXTURE(ResultsDesk, "the last results show, or those from an entry, or of one order or request") {
  const Ran none = succeeded(run({"results"}));
  CHECK(none.output.empty());
  CHECK(none.errors == "orderctl: no results in the stream 'results'\n");
  fill(5'500);  // many pages
  const Ran table = succeeded(run({"results"}));
  CHECK(lines_of(table.output).size() == 21);
  check_rows(table, {"RESULT TIME STATUS ORDER REQUEST WHAT", "5482-0 accepted o-5482 5582-0 shoe 1, 94518 left"});
  struct Row {
    Words flags;
    std::size_t count;
    std::string first, last;
  };
  for (const Row& row : std::vector<Row>{{{}, 20, "5481-0", "5500-0"},
                                         {{"--count", "2"}, 2, "5499-0", "5500-0"},
                                         {{"--count", "2500"}, 2'500, "3001-0", "5500-0"},
                                         {{"--count", "10000"}, 5'500, "1-0", "5500-0"},
                                         {{"--from", "0"}, 5'500, "1-0", "5500-0"},
                                         {{"--from", "5498"}, 3, "5498-0", "5500-0"},
                                         {{"--from", "5498-1"}, 2, "5499-0", "5500-0"},
                                         {{"--from", "+"}, 1, "5500-0", "5500-0"},
                                         {{"--from", "5-0", "--count", "2"}, 2, "5-0", "6-0"},
                                         {{"--from", "7-0", "--count", "2500"}, 2'500, "7-0", "2506-0"},
                                         {{"--order", "third"}, 1'833, "3-0", "5499-0"},
                                         {{"--order", "third", "--from", "5498"}, 1, "5499-0", "5499-0"},
                                         {{"--request", "2500-0"}, 1, "2400-0", "2400-0"},
                                         {{"--request", "2500"}, 1, "2400-0", "2400-0"}}) {
    CAPTURE(Json(row.flags).dump());
    const Words ids = shown(row.flags);
    REQUIRE(ids.size() == row.count);
    CHECK(ids.front() == row.first);
    CHECK(ids.back() == row.last);
  }
  CHECK(run({"results", "--from", "5501"}).complains("no results"));
  CHECK(run({"results", "--from", "+", "--order", "o-5497"}).status == 1);
  const Ran ran = failed(run({"results", "--order", "nobody"}), {"no result of order nobody in the stream 'results'"});
  CHECK(ran.output.empty());
  failed(run({"results", "--request", "1-0", "--json"}), {"no result of request 1-0"});
}

TEST_CASE_FIXTURE(ResultsDesk, "times are UTC wherever the machine is") {
  ask(admin(), {"XADD", "results", "1795608000500-0", "order", "o-1", "request", "1-0", "status", "accepted"});
  for (const std::string zone : {"UTC", "Asia/Kathmandu", "XYZ+5"}) {
    CAPTURE(zone);
    const ProcessOptions there = {.environment = {"TZ=" + zone}};
    check_rows(run({"results"}, there), {"1795608000500-0 2026-11-25T12:00:00Z accepted*"});
    for (const char* flag : {"--from", "--since"}) {
      for (const char* before : {"2026-11-25", "2026-11-25T12:00:00Z", "2026-11-25T13:00:00+01:00",
                                 "2026-11-25 13:00:00+0100", "2026-11-25T12:00Z", "8760h"}) {
        CHECK_MESSAGE(succeeded(run({"results", "--json", flag, before}, there)).json().size() == 1, before);
      }
      for (const char* after : {"2026-11-26", "2026-11-25T12:00:01Z", "2026-11-25T13:00:01+0100"}) {
        CHECK_MESSAGE(succeeded(run({"results", "--json", flag, after}, there)).output.empty(), after);
      }
      CHECK(run({"results", flag, "2026-11-25T12:00"}, there).complains("has no zone; append Z for UTC"));
    }
  }
  add({{"order", "now"}, {"status", "accepted"}});
  CHECK(shown({"--since", "10m"}, "order") == Words{"now"});
}

TEST_CASE_FIXTURE(ResultsDesk, "results are chosen by status and by reason") {
  for (int i = 0; i < 30; ++i) {
    const std::string order = "o-" + std::to_string(i);
    add(i % 10 == 0 ? Fields{{"order", order}, {"status", "rejected"}, {"reason", "insufficient_stock"}}
                    : Fields{{"order", order}, {"status", i == 29 ? "duplicate" : "accepted"}});
  }
  CHECK(shown({"--status", "rejected"}, "order") == Words{"o-0", "o-10", "o-20"});
  CHECK(shown({"--status", "rejected", "--count", "2"}, "order") == Words{"o-10", "o-20"});
  CHECK(shown({"--reason", "insufficient_stock", "--since", "0", "--count", "1"}, "order") == Words{"o-0"});
  CHECK(shown({"--status", "accepted", "--count", "2"}, "order") == Words{"o-27", "o-28"});
  CHECK(shown({"--status", "accepted", "--order", "o-5"}, "order") == Words{"o-5"});
  CHECK(shown({"--order", "o-5", "--count", "1"}, "order") == Words{"o-5"});
  const Ran none = failed(run({"results", "--status", "rejected", "--reason", "malformed"}), {});
  CHECK(none.errors == "orderctl: no result with status rejected and reason malformed in the stream 'results'\n");
}

TEST_CASE_FIXTURE(ResultsDesk, "each kind of result is shown in words") {
  const std::string short_of =
      R"([{"sku":"shoe","quantity":3,"available":2},{"sku":"hat","quantity":1,"available":null}])";
  const std::string changed = R"([{"sku":"shoe","before":9,"quantity":-2,"remaining":7}])";
  const std::string created = R"([{"sku":"x","before":null,"quantity":5,"remaining":5}])";
  const std::string bad_record = "the key orders:order:d does not hold the record of an order";
  for (const Fields& fields : std::vector<Fields>{
           {{"order", "a"}, {"status", "rejected"}, {"reason", "insufficient_stock"}, {"lines", short_of}},
           {{"order", "b"}, {"status", "rejected"}, {"reason", "malformed"}, {"detail", "id is missing"}},
           {{"order", "c"}, {"status", "duplicate"}, {"outcome", "accepted"}, {"original", "1-0"}},
           {{"order", "d"}, {"status", "rejected"}, {"reason", "bad_record"}, {"detail", bad_record}},
           {{"status", "stock"}, {"change", "add"}, {"reason", "wet"}, {"lines", changed}},
           {{"status", "stock"}, {"change", "set"}, {"reason", ""}, {"lines", created}}}) {
    add(fields);
  }
  succeeded(run({"results"}),
            {"insufficient_stock; shoe 3, 2 available; hat 1, no stock", "malformed; id is missing",
             "was accepted in 1-0", "bad_record; " + bad_record, "wet; shoe -2, 7 left", "x +5, 5 left"});
}

TEST_CASE_FIXTURE(ResultsDesk, "JSON has the lines as JSON and all else as strings") {
  const std::string id = xadd(admin(), "results",
                              {{"order", "o-1"},
                               {"lines", R"([{"sku":"shoe","quantity":9007199254740991,"remaining":0}])"},
                               {"quantity", "3"},
                               {"id", "its own"}});
  const Json line = run({"results", "--json"}).json().at(0);
  check_values(line, {{"id", id}, {"id#2", "its own"}, {"lines/0/quantity", 9'007'199'254'740'991}, {"quantity", "3"}});
}

TEST_CASE_FIXTURE(ResultsDesk, "arbitrary bytes are safe on a terminal and in JSON") {
  const std::string bytes("a\0\x1b[2J\xff\n\xe2\x80\xae", 11);
  add({{"order", bytes}, {bytes, bytes}, {"status", bytes}, {"lines", "[" + bytes}});
  add({{"lines", std::string(60'000, '[')}, {"original", "x"}, {"outcome", bytes}});
  add({{"lines", "[1,{\"sku\":{\"a\":1}},\"" + std::string("\u202e") + "\"]"}});
  const Ran ran = succeeded(run({"results"}), {"a\\x00\\x1b[2J\\xff\\x0a\\u{202E}"});
  for (const char c : {'\x1b', '\0', '\xff'}) CHECK(ran.output.find(c) == std::string::npos);
  CHECK_FALSE(ran.says("\u202e"));
  CHECK(lines_of(ran.output).size() == 4);
  const auto lines = succeeded(run({"results", "--json"})).json();
  REQUIRE(lines.size() == 3);
  CHECK(lines[0]["order"] == std::string("a\0\x1b[2J\ufffd\n\u202e", 13));
  CHECK(lines[0]["lines"].is_string());
  CHECK(lines[1]["lines"].get<std::string>().size() == 60'000);
  CHECK(lines[2]["lines"].is_array());
}

TEST_CASE_FIXTURE(ResultsDesk, "colors are for terminals and NO_COLOR turns them off") {
  fill(1);
  const std::string green = "\x1b[32maccepted\x1b[0m";
  CHECK(contains(on_terminal({"TERM=xterm", "NO_COLOR="}), green));
  CHECK_FALSE(contains(on_terminal({"TERM=xterm", "NO_COLOR=1"}), green));
  CHECK_FALSE(contains(on_terminal({"TERM=dumb", "NO_COLOR="}), green));
  CHECK_FALSE(run({"results"}, {.environment = {"TERM=xterm", "NO_COLOR="}}).says("\x1b"));
}

TEST_CASE_FIXTURE(ResultsDesk, "a table fits the width of the terminal and elsewhere nothing is folded") {
  fill(3);
  const auto widest_on_terminal = [&](const std::string& before) {
    const std::string output = on_terminal({"NO_COLOR=1"}, "unset COLUMNS; " + before);
    CHECK(contains(output, "accepted"));
    std::size_t widest = 0;
    for (const std::string& line : lines_of(output)) widest = std::max(widest, line.find('\r'));
    return widest;
  };
  CHECK(widest_on_terminal("stty cols 60; ") <= 60);
  CHECK(widest_on_terminal("stty cols 60; COLUMNS=45 ") <= 45);
  CHECK(widest_on_terminal("stty cols 200; ") > 60);
  CHECK(run({"results"}, {.environment = {"COLUMNS=45"}}).row("2-0").ends_with("shoe 1, 99998 left"));
}

TEST_CASE_FIXTURE(ResultsDesk, "output that cannot be written is a failure") {
  fill(1);
  failed(outcome_of(start_script("$ORDERCTL results > /dev/full")),
         {"cannot write to standard output: No space left on device"});
}

}  // namespace
}  // namespace orderd::test
