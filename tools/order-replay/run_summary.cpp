// The summary at the end of `order-replay run`.
#include "order-replay/run_summary.h"

#include <spdlog/fmt/fmt.h>
#include <sys/resource.h>

#include <array>
#include <chrono>
#include <ctime>
#include <nlohmann/json.hpp>

#include "shared/table.h"

namespace orderd::replay {
namespace {

using tools::count_text;
using tools::Json;

constexpr std::array<std::pair<const char*, uint64_t>, 4> kPercentiles = {
    {{"p50", 500'000}, {"p90", 900'000}, {"p99", 990'000}, {"p99_9", 999'000}}};

double seconds(uint64_t from_ns, uint64_t to_ns) {
  return to_ns > from_ns ? static_cast<double>(to_ns - from_ns) / 1e9 : 0;
}

double rate(uint64_t count, double time) {
  return time > 0 ? static_cast<double>(count) / time : 0;
}

double microseconds(uint64_t ns) {
  return static_cast<double>(ns) / 1e3;
}

Json json_of(const Histogram& histogram) {
  Json out;
  for (const auto& [name, millionths] : kPercentiles) out[name] = microseconds(histogram.percentile(millionths));
  out["max"] = microseconds(histogram.max());
  out["mean"] = microseconds(histogram.mean());
  return out;
}

std::string duration_of(uint64_t ns) {
  return tools::duration_text(std::chrono::nanoseconds(ns));
}

std::string line_of(const char* name, const Histogram& histogram) {
  std::string line = name;
  for (const auto& [percentile, millionths] : kPercentiles) {
    const char* shown = percentile == std::string_view("p99_9") ? "p99.9" : percentile;
    line += fmt::format("{} {}, ", shown, duration_of(histogram.percentile(millionths)));
  }
  return line + fmt::format("max {}\n", duration_of(histogram.max()));
}

}  // namespace

uint64_t& RunSummary::figure_of(const tools::Entry& result) {
  const std::string_view status = result.field("status");
  if (status == "accepted") return accepted;
  if (status == "duplicate") return duplicates;
  return rejected[std::string(result.has("reason") ? result.field("reason") : status)];
}

uint64_t RunSummary::all_rejected() const {
  uint64_t all = 0;
  for (const auto& [reason, count] : rejected) all += count;
  return all;
}

void RunSummary::print_table() const {
  using tools::Color;
  tools::Table table({{"RESULT"}, {"REQUESTS", tools::Table::Align::kRight}, {""}});
  const auto row = [&table](const char* name, uint64_t number, const std::string& why, Color color) {
    table.add({{name, number > 0 ? color : Color::kPlain}, {std::to_string(number)}, {why}});
  };
  row("accepted", accepted, "", Color::kGreen);
  if (rejected.empty()) row("rejected", 0, "", Color::kRed);
  for (const auto& [reason, number] : rejected) row("rejected", number, tools::shown(reason), Color::kRed);
  row("duplicate", duplicates, "", Color::kYellow);
  if (missing > 0) row("no result", missing, "", Color::kRed);
  table.print();
}

void RunSummary::print() const {
  print_parts(
      pushed > 0 ? line_of("push lag: ", push_lag) : "",
      fmt::format(" ({:.0f}/s)\n{}", rate(results(), seconds(begin_ns, result_ns)), line_of("latency: ", latency)));
}

void RunSummary::print_parts(const std::string& after_pushed, const std::string& after_results) const {
  std::string text;
  if (stock_set > 0) text += fmt::format("set the stock of {}\n", count_text(stock_set, "SKU"));
  text += "pushed " + count_text(pushed, "request");
  if (pushed > 0) {
    text += fmt::format(" in {} ({:.0f}/s), {} to {}", duration_of(pushed_ns - begin_ns),
                        rate(pushed, seconds(begin_ns, pushed_ns)), first, last);
  }
  text += "\n";
  if (resent > 0) text += fmt::format("resent: {}, possibly a second time\n", resent);
  if (failed > 0) text += fmt::format("refused by the server: {}\n", failed);
  if (unknown > 0) text += fmt::format("unknown whether pushed: {}\n", unknown);
  tools::print(text + after_pushed);
  if (!waited) return;
  tools::print("\n");
  print_table();
  if (results() == 0) return;
  tools::print(fmt::format("\nthe last result arrived after {}{}", duration_of(result_ns - begin_ns), after_results));
}

Json RunSummary::json() const {
  const double pushing = seconds(begin_ns, pushed_ns);
  rusage used{};
  (void)getrusage(RUSAGE_SELF, &used);  // fails only for a wrong first argument
  Json out = {{"pushed", pushed},
              {"failed", failed},
              {"unknown", unknown},
              {"resent", resent},
              {"stock_set", stock_set},
              {"first", pushed > 0 ? Json(first) : Json()},
              {"last", pushed > 0 ? Json(last) : Json()},
              {"results_after", results_after},
              {"stopped", stopped},
              {"next_line", next_line},
              {"push_seconds", pushing},
              {"push_rate", rate(pushed, pushing)},
              {"cpu_seconds", static_cast<double>(std::clock()) / CLOCKS_PER_SEC},
              {"peak_kib", used.ru_maxrss},
              {"push_lag_us", json_of(push_lag)}};
  if (!waited) return out;
  out["accepted"] = accepted;
  out["rejected"] = rejected;
  out["duplicates"] = duplicates;
  out["missing"] = missing;
  out["result_seconds"] = seconds(begin_ns, result_ns);
  out["result_rate"] = rate(results(), seconds(begin_ns, result_ns));
  out["latency_us"] = json_of(latency);
  return out;
}

}  // namespace orderd::replay
