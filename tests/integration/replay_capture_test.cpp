#include <csignal>

#include "integration/replay_desk.h"
#include "support/wait_for.h"

namespace orderd::test {
namespace {

using std::chrono::seconds;

TEST_CASE("what was captured and pushed again is the same") {
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

TEST_CASE("a range is captured by ids and by times") {
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

TEST_CASE("results are captured as they come until a signal") {
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

}  // namespace
}  // namespace orderd::test
