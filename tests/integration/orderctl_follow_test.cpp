#include <algorithm>
#include <csignal>

#include "integration/orderctl_desk.h"
#include "support/wait_for.h"

namespace orderd::test {
namespace {

using std::chrono::seconds;

void add(Desk& desk, const std::string& order) {
  (void)xadd(desk.admin(), "results", {{"order", order}, {"request", "1-0"}, {"status", "accepted"}});
}

std::vector<std::string> orders(const Process& process) {
  // The last line may be incomplete.
  const std::string output = process.output();
  std::vector<std::string> out;
  for (const Json& line : json_lines(output.substr(0, output.rfind('\n') + 1))) out.push_back(line["order"]);
  return out;
}

void wait_for_orders(const Process& process, const std::vector<std::string>& expected) {
  wait_for([&] { return orders(process).size() >= expected.size(); }, seconds(30), "results: " + process.errors());
  CHECK(orders(process) == expected);
}

void wait_for_reads(Desk& desk, int wanted) {
  const auto all = [&] {
    const std::string clients = ask(desk.admin(), {"CLIENT", "LIST"});
    int count = 0;
    for (std::size_t at = 0; (at = clients.find("cmd=xread", at)) != std::string::npos; ++at) ++count;
    return count == wanted;
  };
  wait_for(all, seconds(20), "so many reads wait");
}

TEST_CASE("following shows existing and new results until Ctrl-C") {
  for (const int signal : {SIGINT, SIGTERM}) {
    Desk desk;
    add(desk, "old");
    Process process = desk.start({"results", "--follow", "--json"});
    wait_for_orders(process, {"old"});
    add(desk, "new");
    add(desk, "newer");
    wait_for_orders(process, {"old", "new", "newer"});
    process.signal(signal);
    CHECK(process.wait() == 0);
    CHECK(process.errors().empty());
  }
}

TEST_CASE("following starts before there is a stream") {
  Desk desk;
  Process process = desk.start({"results", "--follow"});
  wait_for(
      [&] {
        return ask(desk.admin(), {"CLIENT", "LIST"}).find("cmd=xread") != std::string::npos;
      },
      seconds(20), "orderctl waits");
  add(desk, "first");
  wait_for([&] { return process.output().find("first") != std::string::npos; }, seconds(20), "the result");
  CHECK(process.output().starts_with("RESULT"));
}

TEST_CASE("following shows only new results or those from an entry") {
  Desk desk;
  add(desk, "one");
  add(desk, "two");
  const std::string second = entries(desk.admin(), "results").at(1).id;
  Process fresh = desk.start({"results", "--follow", "--json", "--count", "0"});
  Process from = desk.start({"results", "--follow", "--json", "--from", second});
  Process only = desk.start({"results", "--follow", "--json", "--order", "three"});
  wait_for_reads(desk, 3);
  add(desk, "three");
  wait_for_orders(fresh, {"three"});
  wait_for_orders(from, {"two", "three"});
  wait_for_orders(only, {"three"});
}

TEST_CASE("following from + shows the newest result and new ones") {
  Desk desk;
  Process empty = desk.start({"results", "--follow", "--json", "--from", "+"});
  wait_for_reads(desk, 1);
  add(desk, "one");
  add(desk, "two");
  Process process = desk.start({"results", "--follow", "--json", "--from", "+"});
  wait_for_orders(process, {"two"});
  add(desk, "three");
  wait_for_orders(process, {"two", "three"});
  wait_for_orders(empty, {"one", "two", "three"});
}

TEST_CASE("following continues after the last result when the server was restarted") {
  Desk desk({.append_only = ServerOptions::AppendOnly::kAlways});
  add(desk, "before");
  Process process = desk.start({"results", "--follow", "--json"});
  wait_for_orders(process, {"before"});
  desk.server().kill();
  wait_for([&] { return process.errors().find("reconnecting") != std::string::npos; }, seconds(20), "it is reported");
  desk.server().start();
  desk.connect();
  add(desk, "after");
  wait_for_orders(process, {"before", "after"});
  CHECK(process.errors().find("orderctl: reconnected") != std::string::npos);
  process.signal(SIGINT);
  CHECK(process.wait() == 0);
}

TEST_CASE("Ctrl-C ends it at once while the server does not reply or is down") {
  Desk desk;
  add(desk, "one");
  Process paused = desk.start({"results", "--follow", "--json"});
  Process alone = desk.start({"results", "--follow", "--json"});
  wait_for_orders(paused, {"one"});
  wait_for_orders(alone, {"one"});
  desk.server().pause();
  paused.signal(SIGINT);
  CHECK(paused.wait(seconds(5)) == 0);
  desk.server().resume();
  desk.server().stop();
  wait_for([&] { return !alone.errors().empty(); }, seconds(20), "the loss is reported");
  alone.signal(SIGINT);
  CHECK(alone.wait(seconds(5)) == 0);
}

const Words kLanes = {"--streams.lanes",  "a,b,c",        "--streams.orders",    "{<lane>}:orders", "--streams.results",
                      "{<lane>}:results", "--keys.stock", "{<lane>}:stock:<sku>"};

Process follow_lanes(Desk& desk, const Words& more) {
  Words words = kLanes;
  words.insert(words.end(), {"results", "--follow"});
  words.insert(words.end(), more.begin(), more.end());
  return desk.start(words);
}

void add(Desk& desk, const std::string& lane, const std::string& order) {
  (void)xadd(desk.admin(), "{" + lane + "}:results", {{"order", order}, {"request", "1-0"}, {"status", "accepted"}});
}

TEST_CASE("following several lanes shows the last results of all and then what comes in each") {
  Desk desk;
  add(desk, "a", "old-a");
  wait_for_orders(follow_lanes(desk, {"--json"}), {"old-a"});
  Process process = follow_lanes(desk, {"--json", "--count", "0"});
  Process table = follow_lanes(desk, {});
  Process one = follow_lanes(desk, {"--json", "--lane", "c"});
  wait_for_reads(desk, 7);
  for (const char* lane : {"b", "c", "a"}) {
    const std::size_t seen = orders(process).size();
    add(desk, lane, std::string("new-") + lane);
    wait_for([&] { return orders(process).size() > seen; }, seconds(20), "a result");
  }
  CHECK(orders(process) == std::vector<std::string>{"new-b", "new-c", "new-a"});
  CHECK(json_lines(process.output()).at(0)["lane"] == "b");
  wait_for_orders(one, {"new-c"});
  wait_for([&] { return table.output().find("new-a") != std::string::npos; }, seconds(20), "the table");
  CHECK(table.output().starts_with("LANE  RESULT"));
  CHECK(table.output().find("\nc     ") != std::string::npos);
  process.signal(SIGINT);
  CHECK(process.wait() == 0);
  CHECK(process.errors().empty());
}

TEST_CASE("a lane with many results does not keep the others from being shown") {
  Desk desk;
  Process process = follow_lanes(desk, {"--json"});
  wait_for_reads(desk, 3);
  (void)ask(desk.admin(), {"EVAL",
                           "for i = 1, 20000 do redis.call('XADD', KEYS[1], '*', 'order', 'many') end "
                           "redis.call('XADD', KEYS[2], '*', 'order', 'few')",
                           "2", "{a}:results", "{b}:results"});
  const auto count = [&] {
    const std::string output = process.output();
    return std::count(output.begin(), output.end(), '\n');
  };
  wait_for([&] { return count() == 20'001; }, seconds(60), "all results");
  const std::vector<std::string> shown = orders(process);
  CHECK(std::find(shown.begin(), shown.end(), "few") - shown.begin() < 10'000);
}

TEST_CASE("following several lanes goes on behind the last result of each when the server was restarted") {
  Desk desk({.append_only = ServerOptions::AppendOnly::kAlways});
  add(desk, "a", "before-a");
  add(desk, "b", "before-b");
  Process process = follow_lanes(desk, {"--json"});
  wait_for_orders(process, {"before-a", "before-b"});
  wait_for_reads(desk, 3);
  desk.server().kill();
  for (const char* lane : {"a", "b", "c"}) {
    const std::string lost = "lane '" + std::string(lane) + "': ";
    wait_for([&] { return process.errors().find(lost) != std::string::npos; }, seconds(20), lost);
  }
  desk.server().start();
  desk.connect();
  add(desk, "c", "after-c");
  wait_for([&] { return orders(process).size() == 3; }, seconds(30), "the result of c");
  add(desk, "b", "after-b");
  wait_for_orders(process, {"before-a", "before-b", "after-c", "after-b"});
  CHECK(process.errors().find("orderctl: lane 'b': reconnected") != std::string::npos);
}

TEST_CASE("a signal while one lane waits for the server loses nothing that another lane has shown") {
  Desk desk;
  Process process = follow_lanes(desk, {"--json", "--valkey.reply_timeout", "1m"});
  wait_for_reads(desk, 3);
  process.pause();
  add(desk, "a", "first");
  // More than a socket holds: the rest never comes from a server that is stopped.
  (void)ask(desk.admin(),
            {"EVAL", "for i = 1, 100 do redis.call('XADD', KEYS[1], '*', 'order', string.rep('x', 100000)) end", "1",
             "{b}:results"});
  (void)ask(desk.admin(), {"PING"});
  desk.server().pause();
  process.resume();
  wait_for_orders(process, {"first"});
  process.signal(SIGINT);
  CHECK(process.wait(seconds(5)) == 0);
  CHECK(process.output().ends_with("}\n"));
}

TEST_CASE("an error that does not go away ends the following") {
  Desk desk;
  add(desk, "one");
  Process process = desk.start({"results", "--follow", "--json"});
  wait_for_orders(process, {"one"});
  set(desk.admin(), "results", "text");
  CHECK(process.wait() == 1);
  CHECK(process.errors().find("WRONGTYPE") != std::string::npos);
}

}  // namespace
}  // namespace orderd::test
