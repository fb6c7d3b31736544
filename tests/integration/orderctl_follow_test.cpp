#include <algorithm>
#include <csignal>

#include "integration/orderctl_desk.h"

namespace orderd::test {
namespace {

using std::chrono::seconds;

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

struct FollowDesk : Desk {
  using Desk::Desk;

  // Adds a result; below, to a lane.
  void add(const std::string& order, const std::string& stream = "results") {
    xadd(admin(), stream, {{"order", order}, {"request", "1-0"}, {"status", "accepted"}});
  }
  void add_to(const std::string& lane, const std::string& order) { add(order, "{" + lane + "}:results"); }
  Process follow(const Words& more = {}) const { return start(joined({"results", "--follow", "--json"}, more)); }
  Process follow_lanes(const Words& more) const {
    return start(joined(joined(lane_settings("a,b,c"), {"results", "--follow"}), more));
  }
  void wait_for_reads(std::size_t wanted) {
    const auto all = [&] { return count_of(ask(admin(), {"CLIENT", "LIST"}), "cmd=xread") == wanted; };
    wait_for(all, seconds(20), "so many reads wait");
  }
};

TEST_CASE_FIXTURE(FollowDesk, "following shows existing and new results until Ctrl-C") {
  for (const int signal : {SIGINT, SIGTERM}) {
    CAPTURE(signal);
    ask(admin(), {"DEL", "results"});
    add("old");
    Process process = follow();
    wait_for_orders(process, {"old"});
    add("new");
    add("newer");
    wait_for_orders(process, {"old", "new", "newer"});
    process.signal(signal);
    CHECK(process.wait() == 0);
    CHECK(process.errors().empty());
  }
}

TEST_CASE_FIXTURE(FollowDesk,
                  "following starts before there is a stream and shows new results or those from an entry") {
  const Process table = start({"results", "--follow"});
  const Process empty = follow({"--from", "+"});
  wait_for_reads(2);
  add("one");
  wait_for([&] { return contains(table.output(), "one"); }, seconds(20), "the result");
  CHECK(table.output().starts_with("RESULT"));
  add("two");
  const Process newest = follow({"--from", "+"});
  const Process fresh = follow({"--count", "0"});
  const Process from = follow({"--from", entries(admin(), "results").at(1).id});
  const Process only = follow({"--order", "three"});
  wait_for_reads(6);
  add("three");
  wait_for_orders(empty, {"one", "two", "three"});
  wait_for_orders(newest, {"two", "three"});
  wait_for_orders(fresh, {"three"});
  wait_for_orders(from, {"two", "three"});
  wait_for_orders(only, {"three"});
}

TEST_CASE_FIXTURE(FollowDesk, "Ctrl-C ends it at once while the server does not reply or is down") {
  add("one");
  Process paused = follow();
  Process alone = follow();
  wait_for_orders(paused, {"one"});
  wait_for_orders(alone, {"one"});
  server().pause();
  paused.signal(SIGINT);
  CHECK(paused.wait(seconds(5)) == 0);
  server().resume();
  server().stop();
  wait_for([&] { return !alone.errors().empty(); }, seconds(20), "the loss is reported");
  alone.signal(SIGINT);
  CHECK(alone.wait(seconds(5)) == 0);
}

TEST_CASE_FIXTURE(FollowDesk, "following several lanes shows the last results of all and then what comes in each") {
  add_to("a", "old-a");
  wait_for_orders(follow_lanes({"--json"}), {"old-a"});
  Process process = follow_lanes({"--json", "--count", "0"});
  const Process table = follow_lanes({});
  const Process one = follow_lanes({"--json", "--lane", "c"});
  wait_for_reads(7);
  std::vector<std::string> expected;
  for (const std::string lane : {"b", "c", "a"}) {
    expected.push_back("new-" + lane);
    add_to(lane, expected.back());
    wait_for_orders(process, expected);
  }
  CHECK(json_lines(process.output()).at(0)["lane"] == "b");
  wait_for_orders(one, {"new-c"});
  wait_for([&] { return contains(table.output(), "new-a"); }, seconds(20), "the table");
  CHECK(table.output().starts_with("LANE  RESULT"));
  CHECK(contains(table.output(), "\nc     "));
  end(process);
  CHECK(process.errors().empty());
}

TEST_CASE_FIXTURE(FollowDesk, "a lane with many results does not keep the others from being shown") {
  const Process process = follow_lanes({"--json"});
  wait_for_reads(3);
  ask(admin(), {"EVAL",
                "for i = 1, 20000 do redis.call('XADD', KEYS[1], '*', 'order', 'many') end "
                "redis.call('XADD', KEYS[2], '*', 'order', 'few')",
                "2", "{a}:results", "{b}:results"});
  wait_for([&] { return count_of(process.output(), "\n") == 20'001; }, seconds(60), "all results");
  const std::vector<std::string> shown = orders(process);
  CHECK(std::find(shown.begin(), shown.end(), "few") - shown.begin() < 10'000);
}

TEST_CASE("following several lanes goes on behind the last result of each when the server was restarted") {
  FollowDesk desk({.append_only = ServerOptions::AppendOnly::kAlways});
  desk.add_to("a", "before-a");
  desk.add_to("b", "before-b");
  const Process process = desk.follow_lanes({"--json"});
  wait_for_orders(process, {"before-a", "before-b"});
  desk.wait_for_reads(3);
  desk.server().kill();
  for (const std::string lane : {"a", "b", "c"}) wait_to_say(process, "lane '" + lane + "': ");
  desk.server().start();
  desk.connect();
  desk.add_to("c", "after-c");
  wait_for_orders(process, {"before-a", "before-b", "after-c"});
  desk.add_to("b", "after-b");
  wait_for_orders(process, {"before-a", "before-b", "after-c", "after-b"});
  CHECK(says(process, "orderctl: lane 'b': reconnected"));
}

TEST_CASE_FIXTURE(FollowDesk,
                  "a signal while one lane waits for the server loses nothing that another lane has shown") {
  Process process = follow_lanes({"--json", "--valkey.reply_timeout", "1m"});
  wait_for_reads(3);
  process.pause();
  add_to("a", "first");
  // More than a socket holds: the rest never comes from a server that is stopped.
  ask(admin(), {"EVAL", "for i = 1, 100 do redis.call('XADD', KEYS[1], '*', 'order', string.rep('x', 100000)) end", "1",
                "{b}:results"});
  ask(admin(), {"PING"});
  server().pause();
  process.resume();
  wait_for_orders(process, {"first"});
  process.signal(SIGINT);
  CHECK(process.wait(seconds(5)) == 0);
  CHECK(process.output().ends_with("}\n"));
}

TEST_CASE_FIXTURE(FollowDesk, "an error that does not go away ends the following") {
  add("one");
  Process process = follow();
  wait_for_orders(process, {"one"});
  set(admin(), "results", "text");
  CHECK(process.wait() == 1);
  CHECK(says(process, "WRONGTYPE"));
}

}  // namespace
}  // namespace orderd::test
