#include <csignal>

#include "integration/replay_desk.h"
#include "support/wait_for.h"

namespace orderd::test {
namespace {

using std::chrono::seconds;

TEST_CASE("captured and replayed requests are the same") {
  ReplayDesk desk;
  const Fields odd = {{"order", "caf\xC3\xA9 \"quoted\"\n"}, {"", std::string("\0\xFF", 2)}, {"order", "twice"}};
  for (int i = 0; i < 700; ++i) (void)xadd(desk.admin(), "orders", odd);
  const std::string file = desk.file("c");
  REQUIRE(desk.replay({"capture", "-o", file}).status == 0);
  const auto before = entries(desk.admin(), "orders");
  ReplayDesk other;
  REQUIRE(other.replay({"run", file, "--max"}).status == 0);
  const auto after = entries(other.admin(), "orders");
  REQUIRE(after.size() == before.size());
  for (std::size_t i = 0; i < after.size(); ++i) CHECK(after[i].fields == before[i].fields);
  CHECK(json_lines(content_of(file)).at(699)["id"] == before[699].id);
}

TEST_CASE("a range is captured by IDs and by times") {
  ReplayDesk desk;
  for (const char* id : {"1000-0", "2000-0", "2000-7", "3500-0", "9000000-0"}) {
    ask(desk.admin(), {"XADD", "orders", id, "order", "{}"});
  }
  const auto ids = [&desk](const Words& flags) {
    Words words = {"capture"};
    words.insert(words.end(), flags.begin(), flags.end());
    std::string all;
    for (const Json& line : desk.replay(words).json()) all += line["id"].get<std::string>() + " ";
    return all;
  };
  CHECK(ids({"--from", "2000"}) == "2000-0 2000-7 3500-0 9000000-0 ");
  CHECK(ids({"--from", "2000-1", "--to", "3500-0"}) == "2000-7 3500-0 ");
  CHECK(ids({"--from", "1970-01-01T00:00:03Z", "--to", "1970-01-01T01:00:00Z"}) == "3500-0 ");
  CHECK(desk.replay({"capture", "--from", "yesterday"}).status == 2);
  const Json line = desk.replay({"capture", "--from", "2000-7", "--to", "3500-0"}).json().at(1);
  CHECK(line["at_us"] == 1'500'000);
}

TEST_CASE("times are UTC or have an offset and durations are ago") {
  ReplayDesk desk;
  const std::string now = xadd(desk.admin(), "orders", {{"order", "{}"}});
  ReplayDesk old;
  for (const char* id : {"1795608000000-0", "1795608000500-0", "1795611600000-0"}) {  // 2026-11-25, 12:00 and 13:00 UTC
    ask(old.admin(), {"XADD", "orders", id, "order", "{}"});
  }
  const auto count = [](const ReplayDesk& at, const Words& flags) {
    Words words = {"capture"};
    words.insert(words.end(), flags.begin(), flags.end());
    const Ran ran = at.replay(words, {.environment = {"TZ=Asia/Tokyo"}});
    CHECK_MESSAGE(ran.status == 0, ran.errors);
    return ran.json().size();
  };
  CHECK(count(desk, {"--from", "1h"}) == 1);
  CHECK(count(desk, {"--to", "1h"}) == 0);
  CHECK(count(old, {"--from", "2026-11-25"}) == 3);
  CHECK(count(old, {"--to", "2026-11-25"}) == 0);
  CHECK(count(old, {"--to", "2026-11-25T12:00:00Z"}) == 1);
  CHECK(count(old, {"--to", "2026-11-25T12:00:00.5Z"}) == 2);
  CHECK(count(old, {"--from", "2026-11-25T13:00:00.250+01:00"}) == 2);
  CHECK(count(old, {"--from", "2026-11-25 07:30-05:30"}) == 1);
  for (const char* wrong : {"2026-11-25T12:00:00", "2026-11-25T12:00"}) {
    const Ran ran = old.replay({"capture", "--from", wrong});
    CHECK(ran.status == 2);
    CHECK(ran.complains("has no zone; append Z for UTC, or an offset such as +01:00"));
  }
  for (const char* wrong : {"2026-11-31", "2026-13-01", "2026-11-25T24:00Z", "2026-11-25T12:60Z", "2026-11-25Z", "10x",
                            "2026-11-25T12:00:00+1:00", " 2026-11-25", "2026-11-25T12:00:00.Z", "1-", ""}) {
    CAPTURE(wrong);
    const Ran ran = old.replay({"capture", "--from", wrong});
    CHECK(ran.status == 2);
    CHECK(ran.complains("is not a stream entry ID"));
  }
}

TEST_CASE("captures can be replayed whatever the stream contains") {
  ReplayDesk desk;
  const std::string far = "18446744073709551615-18446744073709551615";
  SUBCASE("an entry larger than a line") {
    (void)xadd(desk.admin(), "orders", {{"order", "{}"}});
    const std::string id = xadd(desk.admin(), "orders", {{"order", std::string(5'000'000, 'x')}});
    (void)xadd(desk.admin(), "orders", {{"order", "{}"}});
    const Ran ran = desk.replay({"capture", "-o", desk.file("c")});
    CHECK(ran.status == 1);
    CHECK(ran.complains("the entry " + id + " makes a line of more than 4194304 bytes"));
  }
  SUBCASE("entries of more than a year and of the last possible time") {
    for (const std::string& id :
         {std::string("5-0"), std::string("31622400005-0"), std::string("31622400006-0"), far}) {
      ask(desk.admin(), {"XADD", "orders", id, "order", "{}"});
    }
    const Ran ran = desk.replay({"capture", "-o", desk.file("c")});
    CHECK(ran.status == 0);
    CHECK(ran.errors ==
          "order-replay: entries from 31622400006-0 on are more than a year after the first one; they get no time, and "
          "are "
          "replayed without a pause\n");
    const auto lines = json_lines(content_of(desk.file("c")));
    CHECK(lines.at(1)["at_us"] == 31'622'400'000'000);
    CHECK_FALSE(lines.at(2).contains("at_us"));
    CHECK(lines.at(3)["id"] == far);
  }
  const std::size_t lines = json_lines(content_of(desk.file("c"))).size();
  ReplayDesk other;
  const Ran ran = other.replay({"run", desk.file("c"), "--max"});
  CHECK_MESSAGE(ran.status == 0, ran.errors);
  CHECK(length(other.admin(), "orders") == lines);
}

TEST_CASE("results are captured as they arrive until a signal") {
  ReplayDesk desk;
  (void)xadd(desk.admin(), "results", {{"order", "o-1"}});
  Process process = desk.start_replay({"capture", "--results", "--follow"});
  wait_for([&] { return json_lines(process.output()).size() == 1; }, seconds(30), "what was there");
  (void)xadd(desk.admin(), "results", {{"order", "o-2"}});
  wait_for([&] { return json_lines(process.output()).size() == 2; }, seconds(30), "what came");
  process.signal(SIGTERM);
  CHECK(process.wait() == 0);
  CHECK(json_lines(process.output()).at(1)["fields"] == Json::parse(R"([["order","o-2"]])"));
}

TEST_CASE("a capture from + starts at the newest entry and follows from there") {
  ReplayDesk desk;
  Process empty = desk.start_replay({"capture", "--from", "+", "--follow"});
  wait_for(
      [&] {
        return ask(desk.admin(), {"CLIENT", "LIST"}).find("cmd=xread") != std::string::npos;
      },
      seconds(20), "the capture reads");
  for (const char* id : {"1-0", "2-0"}) ask(desk.admin(), {"XADD", "orders", id, "order", "{}"});
  Process process = desk.start_replay({"capture", "--from", "+", "--follow"});
  wait_for([&] { return json_lines(process.output()).size() == 1; }, seconds(30), "the newest entry");
  ask(desk.admin(), {"XADD", "orders", "3-0", "order", "{}"});
  wait_for([&] { return json_lines(process.output()).size() == 2; }, seconds(30), "a new entry");
  CHECK(json_lines(process.output()).at(0)["id"] == "2-0");
  wait_for([&] { return json_lines(empty.output()).size() == 3; }, seconds(30), "all entries");
  CHECK(desk.replay({"capture", "--from", "+"}).json().at(0)["id"] == "3-0");
}

}  // namespace
}  // namespace orderd::test
