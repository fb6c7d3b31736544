// The benchmark with tiny sizes: it exits with 0 and prints its rows. The measured values are not checked.
#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/process.h"
#include "support/temporary_directory.h"

namespace orderd::test {
namespace {

constexpr std::chrono::seconds kDeadline{120};

// Runs a part, and checks that its output contains all of `rows`.
void runs(const std::string& part, const std::vector<std::string>& rows) {
  Process bench({ORDER_BENCH_PATH, part, "--orders", "2000", "--repeat", "1", "--waiting", "20000", "--seconds", "1"});
  const int status = bench.wait(kDeadline);
  CHECK_MESSAGE(status == 0, bench.errors());
  const std::string output = bench.output();
  for (const std::string& row : rows) {
    CHECK_MESSAGE(output.find(row) != std::string::npos, "no row '" << row << "' in:\n" << output);
  }
}

TEST_CASE("the drain is measured against the ceiling in every setting") {
  runs("drain", {"draining, orders a second / a hand-written consumer's", "server's main thread busy while draining",
                 "orderd, CPU an order, us", "server CPU of an order, reading included / bare script",
                 "bare script: inside the script", "orderd: inside XREAD", "one line, one SKU, accepted",
                 "loopback TCP", "append-only file, everysec", "append-only file, always", "four lines, four SKUs",
                 "sold out", "ids not remembered", "100,000 SKUs", "valkey-server", "load average"});
}

TEST_CASE("clients that watch and run a transaction are measured") {
  runs("watch", {"1 client ", "16 clients", "64 clients"});
}

TEST_CASE("the time from due to readable is measured at three rates") {
  runs("latency", {"1000 orders/s", "10000 orders/s", "orders/s (half of the maximum)",
                   "due to readable at 10,000 orders/s, p99"});
}

TEST_CASE("short and long backlogs are measured") {
  runs("backlog", {"10000 waiting", "the longest, drained to its end", "server CPU an order, dearest / cheapest"});
}

TEST_CASE("the parts without a server are measured") {
  runs("micro", {"decode/json_four_lines", "write_settle/one_line", "take_entries/json_one_line"});
}

TEST_CASE("results are saved with every single run and as a Markdown table") {
  const TemporaryDirectory files;
  Process bench(
      {ORDER_BENCH_PATH, "watch", "--markdown", "--orders", "1000", "--repeat", "3", "--save", files.file("figures")});
  const int status = bench.wait(kDeadline);
  REQUIRE_MESSAGE(status == 0, bench.errors());
  std::ifstream markdown(files.file("figures.md"));
  const std::string text{std::istreambuf_iterator<char>(markdown), std::istreambuf_iterator<char>()};
  CHECK(text == bench.output());
  CHECK(text.find("| 16 clients") != std::string::npos);
  std::ifstream file(files.file("figures.json"));
  const auto json = nlohmann::json::parse(file);
  CHECK(json.at("tables").at(0).at("rows").at(1).at("cells").at("orders/s").size() == 3);
  CHECK(json.at("machine").contains("CPU"));
  CHECK(json.at("failures").empty());
}

TEST_CASE("a part that cannot be measured is named and the exit status shows it") {
  Process bench({ORDER_BENCH_PATH, "backlog", "--orders", "1000", "--repeat", "1", "--orderd", "/bin/false"});
  CHECK(bench.wait(kDeadline) == 1);
  CHECK(bench.output().find("Not measured") != std::string::npos);
}

TEST_CASE("wrong usage of the benchmark exits with 2") {
  for (const std::vector<std::string>& words : {std::vector<std::string>{ORDER_BENCH_PATH},
                                                {ORDER_BENCH_PATH, "speed"},
                                                {ORDER_BENCH_PATH, "watch", "--repeat", "0"},
                                                {ORDER_BENCH_DRIVER, "speed"}}) {
    Process bench(words);
    CHECK_MESSAGE(bench.wait(kDeadline) == 2, bench.errors());
  }
}

}  // namespace
}  // namespace orderd::test
