// The benchmark at a tiny size: every sub-command runs, and its figures make sense. How large they are is not checked.
#include <doctest/doctest.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/process.h"
#include "support/temporary_directory.h"

namespace orderd::test {
namespace {

using Json = nlohmann::json;
using Words = std::vector<std::string>;
constexpr std::chrono::seconds kDeadline{170};

struct Outcome {
  int status = 0;
  std::string output;
  std::string errors;
  std::string markdown = {};  // as saved
  Json saved = {};
};

Outcome bench(Words words) {
  const TemporaryDirectory files;
  words.insert(words.begin(), ORDER_BENCH_PATH);
  for (const char* word : {"--orders", "2000", "--waiting", "20000", "--seconds", "1", "--save"}) {
    words.emplace_back(word);
  }
  words.push_back(files.file("figures"));
  Process process(words);
  Outcome outcome{.status = process.wait(kDeadline), .output = process.output(), .errors = process.errors()};
  std::ifstream markdown(files.file("figures.md"));
  outcome.markdown = {std::istreambuf_iterator<char>(markdown), std::istreambuf_iterator<char>()};
  std::ifstream json(files.file("figures.json"));
  outcome.saved = Json::parse(json, nullptr, false);
  return outcome;
}

// A sub-command, and how many targets, tables and rows of all tables it has.
struct Part {
  Words words;
  std::size_t targets, tables, rows;
};

// Runs it. Each figure has at most one sample, which is a number; each row has a figure that is not 0.
void runs(const Part& part) {
  CAPTURE(part.words.front());
  Words words = part.words;
  words.insert(words.end(), {"--repeat", "1"});
  const Outcome outcome = bench(words);
  REQUIRE_MESSAGE(outcome.status == 0, outcome.errors);
  CHECK(outcome.saved.at("failures").empty());
  CHECK(outcome.saved.at("targets").size() == part.targets);
  for (const Json& target : outcome.saved.at("targets")) {
    CAPTURE(target);
    CHECK(target.at("samples").size() == 1);
    CHECK(std::isfinite(target.at("measured").get<double>()));
  }
  CHECK(outcome.saved.at("tables").size() == part.tables);
  std::size_t rows = 0;
  for (const Json& table : outcome.saved.at("tables")) {
    rows += table.at("rows").size();
    for (const Json& row : table.at("rows")) {
      CAPTURE(row);
      double sum = 0;
      for (const Json& cell : row.at("cells")) {
        CHECK(cell.size() <= 1);
        for (const Json& sample : cell) sum += sample.get<double>();
      }
      CHECK(std::isfinite(sum));
      CHECK(sum != 0);
    }
  }
  CHECK(rows == part.rows);
}

TEST_CASE("a backlog is drained in every setting") {
  // Ten settings; four that are compared; nine shares of the server's time.
  runs({{"drain"}, 4, 3, 10 + 4 + 9});
}
TEST_CASE("another orderd is compared with") {
  const std::string orderd =
      std::string(ORDER_BENCH_PATH).substr(0, std::string(ORDER_BENCH_PATH).rfind('/')) + "/orderd";
  runs({{"drain", "--base", "--against", orderd}, 5, 3, 1 + 5 + 9});
}
TEST_CASE("clients that watch and run a transaction are measured") {
  runs({{"watch"}, 0, 1, 3});
}
TEST_CASE("the time from due to readable is measured at three rates") {
  runs({{"latency"}, 4, 1, 4});
}
TEST_CASE("the takeover after a start, a stop and a kill is measured") {
  runs({{"takeover"}, 3, 1, 3});
}
TEST_CASE("short and long backlogs are measured") {
  runs({{"backlog"}, 1, 1, 2});
}
TEST_CASE("lanes, a cluster and TLS are measured") {
  runs({{"lanes"}, 8, 1, 5});
}
TEST_CASE("the parts without a server are measured") {
  runs({{"micro"}, 0, 1, 7});
}
TEST_CASE("the cost of each shape on the server is measured") {
  runs({{"script"}, 0, 1, 12});
}
TEST_CASE("an audit is measured") {
  runs({{"audit", "20000"}, 0, 1, 1});
}

TEST_CASE("a shape that was named is compared with the bare script") {
  const TemporaryDirectory files;
  const std::string path = files.file("ping.shape");
  std::ofstream(path) << "requests 2\neach PING\nanswer PONG\n";
  const Outcome outcome = bench({"script", "--repeat", "3", path});
  REQUIRE_MESSAGE(outcome.status == 0, outcome.errors);
  const Json& rows = outcome.saved.at("tables").at(0).at("rows");
  REQUIRE(rows.size() == 2);
  CHECK(rows.at(0).at("name") == "bare");
  CHECK(rows.at(0).at("cells").at("ratio to the first") == Json({1.0, 1.0, 1.0}));
  CHECK(rows.at(1).at("name") == "ping");
}

TEST_CASE("a shape that cannot be used is named, with what is wrong") {
  struct Wrong {
    const char* text;
    const char* error;
  };
  for (const Wrong& wrong :
       {Wrong{"requests 2\n", "nothing to measure"}, Wrong{"sent PING\n", "unknown line 'sent PING'"},
        Wrong{"send MGET [a {n}\n", "unclosed bracket"}, Wrong{"script a.lua\n", "a.lua"},
        Wrong{"send PING\nanswer PANG\n", "unexpected reply: PONG"},
        Wrong{"send GETT a\n", "unexpected reply: ERR unknown command"}}) {
    CAPTURE(wrong.text);
    const TemporaryDirectory files;
    const std::string path = files.file("wrong.shape");
    std::ofstream(path) << wrong.text;
    const Outcome outcome = bench({"script", "--repeat", "1", path});
    CHECK(outcome.status == 1);
    CHECK_MESSAGE(outcome.errors.find("wrong") != std::string::npos, outcome.errors);
    CHECK_MESSAGE(outcome.errors.find(wrong.error) != std::string::npos, outcome.errors);
  }
}

TEST_CASE("results are saved with every single run and as a Markdown table") {
  const Outcome outcome = bench({"watch", "--markdown", "--repeat", "3"});
  REQUIRE_MESSAGE(outcome.status == 0, outcome.errors);
  CHECK(outcome.markdown == outcome.output);
  CHECK(outcome.markdown.find("| ---: |") != std::string::npos);
  for (const Json& cell : outcome.saved.at("tables").at(0).at("rows").at(1).at("cells")) CHECK(cell.size() == 3);
  CHECK(outcome.saved.at("machine").contains("CPU"));
  CHECK(outcome.saved.at("failures").empty());
}

TEST_CASE("a part that cannot be measured is named and the exit status shows it") {
  const Outcome orderd = bench({"backlog", "--repeat", "1", "--orderd", "/bin/false"});
  CHECK(orderd.status == 1);
  CHECK(orderd.output.find("Not measured") != std::string::npos);
  // What was measured before is kept.
  const Outcome peers = bench({"peers", "--repeat", "1"});
  CHECK(peers.status == 1);
  CHECK(peers.saved.at("tables").size() == 1);
  CHECK(peers.saved.at("failures").at(0).get<std::string>().find("--peers") != std::string::npos);
}

TEST_CASE("wrong usage of the benchmark is named and exits with 2") {
  struct Wrong {
    Words words;
    const char* named;
  };
  for (const Wrong& wrong :
       {Wrong{{ORDER_BENCH_PATH}, "subcommand"}, Wrong{{ORDER_BENCH_PATH, "speed"}, "speed"},
        Wrong{{ORDER_BENCH_PATH, "watch", "--repeat", "0"}, "--repeat"},
        Wrong{{ORDER_BENCH_PATH, "watch", "--instructions"}, "--instructions"},
        Wrong{{ORDER_BENCH_PATH, "audit", "many"}, "many"},
        Wrong{{ORDER_BENCH_PATH, "script", "none.shape"}, "none.shape"}, Wrong{{ORDER_BENCH_DRIVER, "speed"}, "speed"},
        Wrong{{ORDER_BENCH_DRIVER}, "tools/bench all"}}) {
    CAPTURE(wrong.named);
    Process process(wrong.words);
    CHECK(process.wait(kDeadline) == 2);
    CHECK_MESSAGE(process.errors().find(wrong.named) != std::string::npos, process.errors());
  }
}

}  // namespace
}  // namespace orderd::test
