// The benchmark at a tiny size: every sub-command runs, and its figures make sense. How large they are is not checked.
#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/process.h"
#include "support/temporary_directory.h"
#include "support/text.h"

namespace orderd::test {
namespace {

using Json = nlohmann::json;
using Words = std::vector<std::string>;
constexpr std::chrono::seconds kDeadline{170};

struct Outcome {
  int status = 0;
  std::string output;
  std::string errors;
  std::string markdown;  // as saved
  Json saved;
};

std::string contents(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

Outcome bench(const Words& words) {
  const TemporaryDirectory files;
  const Words tiny = {"--orders", "2000", "--waiting", "20000", "--seconds", "1", "--save", files.file("figures")};
  Process process(joined(joined({ORDER_BENCH_PATH}, words), tiny));
  const int status = process.wait(kDeadline);
  return {status, process.output(), process.errors(), contents(files.file("figures.md")),
          Json::parse(contents(files.file("figures.json")), nullptr, false)};
}

// A sub-command, and how many targets, tables and rows of all tables it has.
struct Part {
  Words words;
  std::size_t targets, tables, rows;
};

// Each figure has at most one sample, which is a number; each row has a figure that is not 0.
void check_figures(const Part& part, const Json& saved) {
  CHECK(saved.at("failures").empty());
  CHECK(saved.at("targets").size() == part.targets);
  for (const Json& target : saved.at("targets")) {
    CAPTURE(target);
    CHECK(target.at("samples").size() == 1);
    CHECK(std::isfinite(target.at("measured").get<double>()));
  }
  CHECK(saved.at("tables").size() == part.tables);
  std::size_t rows = 0;
  for (const Json& table : saved.at("tables")) {
    for (const Json& row : table.at("rows")) {
      CAPTURE(row);
      ++rows;
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

TEST_CASE("each part is measured and has all its figures") {
  const std::string orderd = std::filesystem::path(ORDER_BENCH_PATH).replace_filename("orderd");
  for (const Part& part : std::vector<Part>{// Ten settings; four that are compared; nine shares of the server's time.
                                            {{"drain"}, 4, 3, 10 + 4 + 9},
                                            {{"drain", "--base", "--against", orderd}, 5, 3, 1 + 5 + 9},
                                            {{"watch"}, 0, 1, 3},
                                            {{"latency"}, 4, 1, 4},
                                            {{"takeover"}, 3, 1, 3},
                                            {{"backlog"}, 1, 1, 2},
                                            {{"lanes"}, 8, 1, 5},
                                            {{"micro"}, 0, 1, 7},
                                            {{"script"}, 0, 1, 12},
                                            {{"audit", "20000"}, 0, 1, 1}}) {
    CAPTURE(part.words.front());
    const Outcome outcome = bench(joined(part.words, {"--repeat", "1"}));
    CHECK_MESSAGE(outcome.status == 0, outcome.errors);
    if (outcome.status == 0) check_figures(part, outcome.saved);
  }
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
  const TemporaryDirectory files;
  const std::string path = files.file("wrong.shape");
  for (const auto& [text, error] :
       std::map<std::string, std::string>{{"requests 2\n", "nothing to measure"},
                                          {"sent PING\n", "unknown line 'sent PING'"},
                                          {"send MGET [a {n}\n", "unclosed bracket"},
                                          {"script a.lua\n", "a.lua"},
                                          {"send PING\nanswer PANG\n", "unexpected reply: PONG"},
                                          {"send GETT a\n", "unexpected reply: ERR unknown command"}}) {
    CAPTURE(text);
    std::ofstream(path) << text;
    const Outcome outcome = bench({"script", "--repeat", "1", path});
    CHECK(outcome.status == 1);
    CHECK_MESSAGE(contains(outcome.errors, "wrong"), outcome.errors);
    CHECK_MESSAGE(contains(outcome.errors, error), outcome.errors);
  }
}

TEST_CASE("results are saved with every single run and as a Markdown table") {
  const Outcome outcome = bench({"watch", "--markdown", "--repeat", "3"});
  REQUIRE_MESSAGE(outcome.status == 0, outcome.errors);
  CHECK(outcome.markdown == outcome.output);
  CHECK(contains(outcome.markdown, "| ---: |"));
  for (const Json& cell : outcome.saved.at("tables").at(0).at("rows").at(1).at("cells")) CHECK(cell.size() == 3);
  CHECK(outcome.saved.at("machine").contains("CPU"));
  CHECK(outcome.saved.at("failures").empty());
}

TEST_CASE("a part that cannot be measured is named and the exit status shows it") {
  const Outcome orderd = bench({"backlog", "--repeat", "1", "--orderd", "/bin/false"});
  CHECK(orderd.status == 1);
  CHECK(contains(orderd.output, "Not measured"));
  // What was measured before is kept.
  const Outcome peers = bench({"peers", "--repeat", "1"});
  CHECK(peers.status == 1);
  CHECK(peers.saved.at("tables").size() == 1);
  CHECK(contains(peers.saved.at("failures").at(0).get<std::string>(), "--peers"));
}

TEST_CASE("wrong usage of the benchmark is named and exits with 2") {
  for (const auto& [words, named] :
       std::map<Words, std::string>{{{ORDER_BENCH_PATH}, "subcommand"},
                                    {{ORDER_BENCH_PATH, "speed"}, "speed"},
                                    {{ORDER_BENCH_PATH, "watch", "--repeat", "0"}, "--repeat"},
                                    {{ORDER_BENCH_PATH, "watch", "--instructions"}, "--instructions"},
                                    {{ORDER_BENCH_PATH, "audit", "many"}, "many"},
                                    {{ORDER_BENCH_PATH, "script", "none.shape"}, "none.shape"},
                                    {{ORDER_BENCH_DRIVER, "speed"}, "speed"},
                                    {{ORDER_BENCH_DRIVER}, "tools/bench all"}}) {
    CAPTURE(named);
    Process process(words);
    CHECK(process.wait(kDeadline) == 2);
    CHECK_MESSAGE(contains(process.errors(), named), process.errors());
  }
}

}  // namespace
}  // namespace orderd::test
