// The summary at the end of `order-replay run`.
#include "order-replay/run_summary.h"

#include <sys/resource.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>

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

// Resources used by this program so far.
rusage taken() {
  rusage used{};
  (void)getrusage(RUSAGE_SELF, &used);  // fails only for a wrong first argument
  return used;
}

double cpu_seconds() {
  const auto of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return of(taken().ru_utime) + of(taken().ru_stime);
}

Json json_of(const Histogram& histogram) {
  Json out;
  for (const auto& [name, millionths] : kPercentiles) out[name] = microseconds(histogram.percentile(millionths));
  out["max"] = microseconds(histogram.max());
  out["mean"] = microseconds(histogram.mean());
  return out;
}

std::string formatted(const char* format, double value) {
  std::array<char, 64> text;
  (void)std::snprintf(text.data(), text.size(), format, value);
  return text.data();
}

std::string duration_of(uint64_t ns) {
  return tools::duration_text(std::chrono::nanoseconds(ns));
}

std::string line_of(const char* name, const Histogram& histogram) {
  std::string line = name;
  for (const auto& [percentile, millionths] : kPercentiles) {
    const std::string shown = percentile == std::string("p99_9") ? "p99.9" : percentile;
    line += shown + " " + duration_of(histogram.percentile(millionths)) + ", ";
  }
  return line + "max " + duration_of(histogram.max()) + "\n";
}

}  // namespace

std::string RunSummary::pushed_text() const {
  std::string text;
  if (stock_set > 0) text += "set the stock of " + count_text(stock_set, "SKU") + "\n";
  text += "pushed " + count_text(pushed, "request");
  if (pushed > 0) {
    text += " in " + duration_of(pushed_ns - begin_ns) +
            formatted(" (%.0f/s), ", rate(pushed, seconds(begin_ns, pushed_ns))) + first + " to " + last;
  }
  text += "\n";
  if (resent > 0) text += "resent: " + std::to_string(resent) + ", possibly a second time\n";
  if (failed > 0) text += "refused by the server: " + std::to_string(failed) + "\n";
  if (unknown > 0) text += "unknown whether pushed: " + std::to_string(unknown) + "\n";
  return text;
}

void RunSummary::print_results(const std::string& rate_and_latency) const {
  if (!waited) return;
  tools::print("\n");
  print_table();
  if (results() > 0) {
    tools::print("\nthe last result arrived after " + duration_of(result_ns - begin_ns) + rate_and_latency);
  }
}

void RunSummary::print() const {
  tools::print(pushed_text() + (pushed > 0 ? line_of("push lag: ", push_lag) : ""));
  print_results(formatted(" (%.0f/s)\n", rate(results(), seconds(begin_ns, result_ns))) +
                line_of("latency: ", latency));
}

void RunSummary::print_outcomes(const std::string& skipped) const {
  tools::print(pushed_text() + skipped);
  print_results("\n");
}

Json RunSummary::json() const {
  const double pushing = seconds(begin_ns, pushed_ns);
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
              {"cpu_seconds", cpu_seconds()},
              {"peak_kib", taken().ru_maxrss},
              {"push_lag_us", json_of(push_lag)}};
  if (!waited) return out;
  add_to(out);
  out["result_seconds"] = seconds(begin_ns, result_ns);
  out["result_rate"] = rate(results(), seconds(begin_ns, result_ns));
  out["latency_us"] = json_of(latency);
  return out;
}

}  // namespace orderd::replay
