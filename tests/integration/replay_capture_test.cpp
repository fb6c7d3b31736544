#include "integration/replay_desk.h"

namespace orderd::test {
namespace {

struct CaptureDesk : ReplayDesk {
  void add(const Words& ids) {
    for (const std::string& id : ids) ask(admin(), {"XADD", "orders", id, "order", "{}"});
  }
  [[nodiscard]] Ran capture(const Words& flags) const {
    return replay(joined({"capture"}, flags), {.environment = {"TZ=Asia/Tokyo"}});
  }
  // The IDs of what is captured.
  [[nodiscard]] Words ids(const Words& flags) const { return succeeded(capture(flags)).column("id"); }
};

void wait_for_lines(const Process& process, std::size_t count) {
  wait_for([&] { return json_lines(process.output()).size() == count; }, std::chrono::seconds(30), "captured entries");
}

TEST_CASE_FIXTURE(CaptureDesk, "captured and replayed requests are the same") {
  const Fields odd = {{"order", "caf\xC3\xA9 \"quoted\"\n"}, {"", std::string("\0\xFF", 2)}, {"order", "twice"}};
  for (int i = 0; i < 700; ++i) xadd(admin(), "orders", odd);
  REQUIRE(capture({"-o", file("c")}).status == 0);
  ReplayDesk other;
  REQUIRE(other.replay({"run", file("c"), "--max"}).status == 0);
  const auto after = entries(other.admin(), "orders");
  REQUIRE(after.size() == 700);
  for (const Entry& entry : after) CHECK(entry.fields == odd);
  CHECK(json_lines(content_of(file("c"))).at(699)["id"] == entries(admin(), "orders")[699].id);
}

TEST_CASE_FIXTURE(CaptureDesk, "an output that cannot be written to is reported once") {
  add({"1-0"});
  CHECK(capture({"-o", "/dev/full"}).errors == "order-replay: cannot write to '/dev/full': No space left on device\n");
  Process process(clean_command(
      "bash", {"-c", "\"$@\" > /dev/full", "bash", ORDER_REPLAY_PATH, "--valkey.url", url(), "capture", "--follow"}));
  CHECK(process.wait() == 1);
  CHECK(process.errors() == "order-replay: cannot write to standard output: No space left on device\n");
}

TEST_CASE_FIXTURE(CaptureDesk, "a range is captured by IDs and by times") {
  add({"1000-0", "2000-0", "2000-7", "3500-0", "9000000-0"});
  CHECK(ids({"--from", "2000"}) == Words{"2000-0", "2000-7", "3500-0", "9000000-0"});
  CHECK(ids({"--from", "2000-1", "--to", "3500-0"}) == Words{"2000-7", "3500-0"});
  CHECK(ids({"--from", "1970-01-01T00:00:03Z", "--to", "1970-01-01T01:00:00Z"}) == Words{"3500-0"});
  CHECK(capture({"--from", "2000-7", "--to", "3500-0"}).json().at(1)["at_us"] == 1'500'000);
}

TEST_CASE_FIXTURE(CaptureDesk, "times are UTC or have an offset and durations are ago") {
  CaptureDesk now;
  const std::string id = xadd(now.admin(), "orders", {{"order", "{}"}});
  CHECK(now.ids({"--from", "1h"}) == Words{id});
  CHECK(now.ids({"--to", "1h"}).empty());
  add({"1795608000000-0", "1795608000500-0", "1795611600000-0"});  // 2026-11-25, 12:00 and 13:00 UTC
  const auto count = [&](const char* flag, const char* place) { return ids({flag, place}).size(); };
  CHECK(count("--from", "2026-11-25") == 3);
  CHECK(count("--to", "2026-11-25") == 0);
  CHECK(count("--to", "2026-11-25T12:00:00Z") == 1);
  CHECK(count("--to", "2026-11-25T12:00:00.5Z") == 2);
  CHECK(count("--from", "2026-11-25T13:00:00.250+01:00") == 2);
  CHECK(count("--from", "2026-11-25 07:30-05:30") == 1);
  for (const char* wrong : {"2026-11-25T12:00:00", "2026-11-25T12:00"}) {
    failed(capture({"--from", wrong}), {"has no zone; append Z for UTC, or an offset such as +01:00"}, 2);
  }
  for (const char* wrong :
       {"2026-11-31", "2026-13-01", "2026-11-25T24:00Z", "2026-11-25T12:60Z", "2026-11-25Z", "10x",
        "2026-11-25T12:00:00+1:00", " 2026-11-25", "2026-11-25T12:00:00.Z", "1-", "", "yesterday"}) {
    failed(capture({"--from", wrong}), {"is not a stream entry ID"}, 2);
  }
}

TEST_CASE_FIXTURE(CaptureDesk, "captures can be replayed whatever the stream contains") {
  SUBCASE("an entry larger than a line") {
    add({"1-0"});
    ask(admin(), {"XADD", "orders", "2-0", "order", std::string(5'000'000, 'x')});
    add({"3-0"});
    failed(capture({"-o", file("c")}), {"the entry 2-0 makes a line of more than 4194304 bytes"});
  }
  SUBCASE("entries of more than a year and of the last possible time") {
    const std::string far = "18446744073709551615-18446744073709551615";
    add({"5-0", "31622400005-0", "31622400006-0", far});
    CHECK(succeeded(capture({"-o", file("c")})).errors ==
          "order-replay: entries from 31622400006-0 on are more than a year after the first one; they get no time, and "
          "are replayed without a pause\n");
    const auto lines = json_lines(content_of(file("c")));
    CHECK(lines.at(1)["at_us"] == 31'622'400'000'000);
    CHECK_FALSE(lines.at(2).contains("at_us"));
    CHECK(lines.at(3)["id"] == far);
  }
  ReplayDesk other;
  succeeded(other.replay({"run", file("c"), "--max"}));
  CHECK(length(other.admin(), "orders") == json_lines(content_of(file("c"))).size());
}

TEST_CASE_FIXTURE(CaptureDesk, "results are captured as they arrive until a signal") {
  xadd(admin(), "results", {{"order", "o-1"}});
  Process process = start_replay({"capture", "--results", "--follow"});
  wait_for_lines(process, 1);
  xadd(admin(), "results", {{"order", "o-2"}});
  wait_for_lines(process, 2);
  end(process);
  CHECK(json_lines(process.output()).at(1)["fields"] == Json::parse(R"([["order","o-2"]])"));
}

TEST_CASE_FIXTURE(CaptureDesk, "a capture from + starts at the newest entry and follows from there") {
  const Process empty = start_replay({"capture", "--from", "+", "--follow"});
  const auto reads = [&] { return contains(ask(admin(), {"CLIENT", "LIST"}), "cmd=xread"); };
  wait_for(reads, std::chrono::seconds(20), "the capture reads");
  add({"1-0", "2-0"});
  const Process process = start_replay({"capture", "--from", "+", "--follow"});
  wait_for_lines(process, 1);
  add({"3-0"});
  wait_for_lines(process, 2);
  CHECK(json_lines(process.output()).at(0)["id"] == "2-0");
  wait_for_lines(empty, 3);
  CHECK(ids({"--from", "+"}) == Words{"3-0"});
}

TEST_CASE_FIXTURE(CaptureDesk, "entries that are trimmed before a capture has read them are reported") {
  const Process process = start_replay({"capture", "--follow"});
  const auto asked = [&] { return contains(ask(admin(), {"INFO", "commandstats"}), "cmdstat_xinfo|stream:"); };
  wait_for(asked, std::chrono::seconds(20), "the capture to look at the stream");
  const auto add_and_trim = [&] {
    ask(admin(), {"EVAL",
                  "for i = 1, 100 do redis.call('XADD', KEYS[1], '*', 'order', '{}') end "
                  "redis.call('XTRIM', KEYS[1], 'MAXLEN', 10)",
                  "1", "orders"});
  };
  add_and_trim();
  wait_to_say(process, "90 entries were trimmed from the stream 'orders', or deleted, before they were read");
  add_and_trim();
  wait_for_lines(process, 20);
  wait_for([&] { return count_of(process.errors(), "90 entries were trimmed") == 2; }, std::chrono::seconds(20),
           "the second report");
}

TEST_CASE_FIXTURE(CaptureDesk, "a capture ends at what was the newest entry when it began") {
  const Fields large = {{"order", std::string(1000, 'x')}};
  const auto add_many = [&] {
    for (int i = 0; i < 600; ++i) xadd(admin(), "orders", large);
  };
  add_many();
  const Gate gate;
  // The pipe is full before the first page is written.
  Process process(clean_command("bash", {"-c", "\"$@\" | (read -r go < " + gate.file + "; cat)", "bash",
                                         ORDER_REPLAY_PATH, "--valkey.url", url(), "capture"}));
  wait_for(
      [&] {
        return contains(ask(admin(), {"CLIENT", "LIST"}), "cmd=xrange");
      },
      std::chrono::seconds(20), "the first page to be read");
  add_many();
  gate.open();
  CHECK(process.wait() == 0);
  CHECK(json_lines(process.output()).size() == 600);
}

}  // namespace
}  // namespace orderd::test
