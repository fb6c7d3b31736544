// The summary at the end of `order-replay run`.
#include "replay/run_summary.h"

#include <sys/resource.h>

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "shared/table.h"

namespace orderd::replay {
namespace {

using tools::Color;
using tools::count_text;
using tools::Json;
using tools::Table;

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

std::string time_text(uint64_t ns) {
  const auto value = static_cast<double>(ns);
  if (value < 1e6) return formatted("%.0f us", value / 1e3);
  if (value < 1e9) return formatted("%.2f ms", value / 1e6);
  return formatted("%.2f s", value / 1e9);
}

std::string line_of(const char* name, const Histogram& histogram) {
  std::string line = name;
  for (const auto& [percentile, millionths] : kPercentiles) {
    const std::string shown = percentile == std::string("p99_9") ? "p99.9" : percentile;
    line += shown + " " + time_text(histogram.percentile(millionths)) + ", ";
  }
  return line + "max " + time_text(histogram.max()) + "\n";
}

}  // namespace

void RunSummary::count(const tools::Entry& result) {
  const std::string_view status = result.field("status");
  if (status == "accepted") {
    ++accepted;
  } else if (status == "duplicate") {
    ++duplicates;
  } else {
    ++rejected[std::string(result.has("reason") ? result.field("reason") : status)];
  }
}

void RunSummary::print() const {
  const double pushing = seconds(begin_ns, pushed_ns);
  std::string text;
  if (stock_set > 0) text += "set the stock of " + count_text(stock_set, "SKU") + "\n";
  text += "pushed " + count_text(pushed, "request");
  if (pushed > 0) {
    text +=
        " in " + formatted("%.1f s", pushing) + formatted(" (%.0f/s), ", rate(pushed, pushing)) + first + " to " + last;
  }
  text += "\n";
  if (resent > 0) text += "resent: " + std::to_string(resent) + ", possibly a second time\n";
  if (failed > 0) text += "refused by the server: " + std::to_string(failed) + "\n";
  if (unknown > 0) text += "unknown whether pushed: " + std::to_string(unknown) + "\n";
  if (pushed > 0) text += line_of("push lag: ", push_lag);
  tools::print(text);
  if (!waited) return;
  Table table({{"RESULT"}, {"REQUESTS", Table::Align::kRight}, {""}});
  const auto row = [&table](const char* name, uint64_t number, const std::string& why, Color color) {
    table.add({{name, number > 0 ? color : Color::kPlain}, {std::to_string(number)}, {why}});
  };
  row("accepted", accepted, "", Color::kGreen);
  if (rejected.empty()) row("rejected", 0, "", Color::kRed);
  for (const auto& [reason, number] : rejected) row("rejected", number, tools::shown(reason), Color::kRed);
  row("duplicate", duplicates, "", Color::kYellow);
  if (missing > 0) row("no result", missing, "", Color::kRed);
  tools::print("\n");
  table.print();
  if (results() == 0) return;
  const double time = seconds(begin_ns, result_ns);
  tools::print("\nthe last result arrived after " + formatted("%.1f s", time) +
               formatted(" (%.0f/s)\n", rate(results(), time)) + line_of("latency: ", latency));
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
