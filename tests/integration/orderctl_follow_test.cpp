#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>

#include "integration/replay_desk.h"

namespace orderd::test {
namespace {

using std::chrono::seconds;

std::vector<std::string> column(const Process& process, const char* name) {
  // The last line may be incomplete.
  const std::string output = process.output();
  std::vector<std::string> out;
  for (const Json& line : json_lines(output.substr(0, output.rfind('\n') + 1))) out.push_back(line[name]);
  return out;
}

std::vector<std::string> orders(const Process& process) {
  return column(process, "order");
}

void wait_for_orders(const Process& process, const std::vector<std::string>& expected) {
  wait_for([&] { return orders(process).size() >= expected.size(); }, seconds(30), "results: " + process.errors());
  CHECK(orders(process) == expected);
}

struct FollowDesk : ReplayDesk {
  using ReplayDesk::ReplayDesk;

  // Adds a result; below, to a lane.
  void add(const std::string& order, const std::string& stream = "results") {
    xadd(admin(), stream, {{"order", order}, {"request", "1-0"}, {"status", "accepted"}});
  }
  void add_to(const std::string& lane, const std::string& order) { add(order, "{" + lane + "}:results"); }
  Process follow(const Words& more = {}) const { return start(joined({"results", "--follow", "--json"}, more)); }
  Process follow_lanes(const Words& more) const {
    return start(joined(joined(lane_settings("a,b,c"), {"results", "--follow"}), more));
  }
  Process capture() const { return start_replay({"capture", "--results", "--follow"}); }
  void add_ids(const Words& ids) {
    for (const std::string& id : ids) ask(admin(), {"XADD", "results", id, "order", "o"});
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
  Process captured = capture();
  Process alone = follow();
  wait_for_orders(paused, {"one"});
  wait_for_orders(alone, {"one"});
  wait_for_reads(3);
  server().pause();
  for (Process* each : {&paused, &captured}) {
    each->signal(SIGINT);
    CHECK(each->wait(seconds(5)) == 0);
  }
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

TEST_CASE_FIXTURE(FollowDesk, "entries that the server has lost are reported, and what comes in their place is shown") {
  add_ids({"100-0", "200-0"});
  ask(admin(), {"SAVE"});
  add_ids({"300-0", "400-0"});
  const Process results = follow();
  const Process captured = capture();
  const std::array<const Process*, 2> both = {&results, &captured};
  Words expected = {"100-0", "200-0", "300-0", "400-0"};
  const auto check = [&](const std::string& loss) {
    for (const Process* each : both) {
      const auto all = [&] { return column(*each, "id").size() >= expected.size(); };
      wait_for(all, seconds(30), "entries: " + each->errors());
      CHECK(column(*each, "id") == expected);
      CHECK_MESSAGE(says(*each, loss), each->errors());
    }
  };
  check("");
  server().kill();
  server().start();
  connect();
  add_ids({"350-0"});
  expected.emplace_back("350-0");
  check("2 entries that were read are no longer in the stream 'results', the last one 400-0");
  ask(admin(), {"DEL", "results"});
  add_ids({"150-0"});
  expected.emplace_back("150-0");
  check("3 entries that were read are no longer in the stream 'results', the last one 350-0");
  // What is trimmed was not lost.
  ask(admin(), {"XTRIM", "results", "MAXLEN", "0"});
  ask(admin(), {"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  add_ids({"160-0"});
  expected.emplace_back("160-0");
  check("");
  for (const Process* each : both) CHECK(count_of(each->errors(), "no longer") == 2);
}

TEST_CASE_FIXTURE(FollowDesk, "a signal lets a page be written, and a second one ends it although nobody reads") {
  const std::string pipe = file("pipe");
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  const int reader = open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  REQUIRE(fcntl(reader, F_SETPIPE_SZ, 4096) == 4096);
  const auto check = [&](const char* path, const Words& words) {
    CAPTURE(words[0]);
    ask(admin(), {"DEL", "results"});
    const Words command = {"-c", "exec \"$@\" > " + pipe, "bash", path, "--valkey.url", url()};
    Process process(clean_command("bash", joined(command, words)));
    wait_for_reads(1);
    add(std::string(10'000, 'x'));
    int held = 0;
    const auto full = [&] { return ioctl(reader, FIONREAD, &held) == 0 && held == 4096; };
    wait_for(full, seconds(20), "the pipe to be full");
    process.signal(SIGTERM);
    std::string output;
    std::array<char, 4096> part;
    SUBCASE("read on") {
      const auto read_on = [&] {
        const ssize_t got = read(reader, part.data(), part.size());
        if (got > 0) output.append(part.data(), static_cast<std::size_t>(got));
        return !process.running() && got <= 0;
      };
      wait_for(read_on, seconds(20), "the end of the output");
      CHECK(process.wait() == 0);
      CHECK_MESSAGE(process.errors().empty(), process.errors());
      CHECK(json_lines(output).size() == 1);
    }
    SUBCASE("not read") {
      // A signal within 50 ms counts as the same one.
      const auto ended = [&] { return !process.running() || (process.signal(SIGTERM), false); };
      wait_for(ended, seconds(20), "the end");
      CHECK(process.wait() == 128 + SIGTERM);
      while (read(reader, part.data(), part.size()) > 0) {
      }
    }
  };
  SUBCASE("results") {
    check(ORDERCTL_PATH, {"results", "--follow", "--json"});
  }
  SUBCASE("capture") {
    check(ORDER_REPLAY_PATH, {"capture", "--results", "--follow"});
  }
  close(reader);
}

TEST_CASE_FIXTURE(FollowDesk, "each reason why it does not reconnect is reported once") {
  const Process process = follow();
  wait_for_reads(1);
  ask(admin(), {"CONFIG", "SET", "requirepass", "new"});
  ask(admin(), {"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  wait_to_say(process, "was lost (");
  wait_to_say(process, "NOAUTH");
  ask(admin(), {"CONFIG", "SET", "requirepass", ""});
  add("one");
  wait_for_orders(process, {"one"});
  CHECK_MESSAGE(count_of(process.errors(), "\n") == 3, process.errors());
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
