// Rows of the CSV files become data blocks ($name << EOD) and arrays. Only numbers are in blocks, and texts are
// escaped: gnuplot runs what is in backquotes.
#include "order-replay/report_data.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "order-replay/csv.h"
#include "order-replay/run_data.h"

namespace orderd::replay {
namespace {

using tools::Json;

// More points could not be distinguished.
constexpr std::size_t kMaxPoints = 160;
// Seconds between two points, at least.
constexpr double kShortest = 0.05;

std::string number(double value) {
  std::array<char, 64> text;
  (void)std::snprintf(text.data(), text.size(), "%.6g", value);
  return text.data();
}

// As gnuplot reads a string in double quotes.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : tools::shown(text)) {
    if (c == '"' || c == '\\' || c == '`') out.push_back('\\');
    out.push_back(c);
  }
  return out + "\"";
}

std::string variable(const std::string& name, double value) {
  return name + " = " + number(value) + "\n";
}

std::string block(const std::string& name, const std::string& lines) {
  return "$" + name + " << EOD\n" + lines + "EOD\n";
}

// gnuplot has no empty arrays: one that is not used has one element.
std::string array_of(const std::string& name, const std::vector<std::string>& elements) {
  std::string list;
  for (const std::string& element : elements) list += (list.empty() ? "" : ", ") + element;
  return "array " + name + "[" + std::to_string(std::max<std::size_t>(elements.size(), 1)) + "] = [" +
         (list.empty() ? "0" : list) + "]\n";
}

// Counts since the beginning become rates between rows that are far enough apart.
Result<std::string> throughput(const std::string& directory) {
  const auto rows = read_csv(directory + "/" + kSeriesFile, 5);
  if (!rows) return rows.failure();
  const std::size_t step = rows->size() / kMaxPoints + 1;
  std::string lines;
  std::array<double, 3> last{};
  std::size_t points = 0;
  for (std::size_t i = step - 1; i < rows->size(); i += step) {
    const auto& row = (*rows)[i];
    const std::array<double, 3> now = {value_of(row[0]), value_of(row[1]),
                                       value_of(row[2]) + value_of(row[3]) + value_of(row[4])};
    const double time = now[0] - last[0];
    // The last sample comes at the end, whenever that is: too short a time shows a rate that never was.
    if (time < kShortest) continue;
    lines += number((now[0] + last[0]) / 2) + " " + number((now[1] - last[1]) / time) + " " +
             number((now[2] - last[2]) / time) + "\n";
    last = now;
    ++points;
  }
  return variable("points", static_cast<double>(points)) + block("throughput", lines);
}

Result<std::string> latency(const std::string& directory) {
  const auto rows = read_csv(directory + "/" + kLatencyFile, 2);
  if (!rows) return rows.failure();
  double total = 0;
  for (const auto& row : *rows) total += value_of(row[1]);
  std::string lines;
  double seen = 0;
  double slowest = 0;
  for (const auto& row : *rows) {
    slowest = value_of(row[0]) / 1000;
    // Of so many requests one is slower.
    if (total > seen) lines += number(total / (total - seen)) + " " + number(slowest) + "\n";
    seen += value_of(row[1]);
  }
  lines += number(total * 1.0001) + " " + number(slowest) + "\n";
  const auto latencies = static_cast<double>(total > 0 ? rows->size() : 0);
  return variable("latencies", latencies) + variable("requests", total) + variable("only", slowest) +
         block("latency", lines);
}

std::string outcomes(const Json& summary) {
  // Names, counts, and their colors.
  std::vector<std::tuple<std::string, double, int>> bars = {{"accepted", summary.value("accepted", 0.0), 1}};
  const Json rejected = summary.value("rejected", Json::object());
  for (const auto& [reason, count] : rejected.items()) {
    bars.emplace_back(reason, count.get<double>(), 3);
  }
  bars.emplace_back("duplicate", summary.value("duplicates", 0.0), 2);
  if (summary.value("missing", 0.0) > 0) bars.emplace_back("no result", summary.value("missing", 0.0), 3);
  double total = 0;
  double longest = 1;
  for (const auto& [name, count, color] : bars) {
    total += count;
    longest = std::max(longest, count);
  }
  std::vector<std::string> names;
  std::vector<std::string> labels;
  std::vector<std::string> counts;
  std::vector<std::string> colors;
  for (const auto& [name, count, color] : bars) {
    const double share = total > 0 ? std::round(count / total * 1000) / 10 : 0;
    names.push_back(quoted(name));
    labels.push_back(quoted(std::to_string(static_cast<uint64_t>(count)) + "  (" + number(share) + "%)"));
    counts.push_back(number(count));
    colors.push_back(std::to_string(color));
  }
  return variable("bars", static_cast<double>(bars.size())) + variable("longest", longest) +
         array_of("bar_name", names) + array_of("bar_label", labels) + array_of("bar", counts) +
         array_of("bar_color", colors);
}

Result<std::string> stock(const std::string& directory, double seconds) {
  const auto rows = read_csv(directory + "/" + kStockFile, 3);
  if (!rows) return rows.failure();
  struct Curve {
    std::string sku;
    std::string lines;
    std::string last;
  };
  std::vector<Curve> curves;
  for (const auto& row : *rows) {
    auto curve = std::find_if(curves.begin(), curves.end(), [&](const Curve& each) { return each.sku == row[1]; });
    if (curve == curves.end()) curve = curves.insert(curves.end(), {row[1], "", ""});
    curve->last = number(value_of(row[2]));
    curve->lines += number(value_of(row[0])) + " " + curve->last + "\n";
  }
  std::string lines;
  std::vector<std::string> names;
  for (const Curve& curve : curves) {
    // What did not change any more goes on to the end. Two empty lines end a curve.
    lines += curve.lines + number(seconds) + " " + curve.last + "\n\n\n";
    names.push_back(quoted(curve.sku));
  }
  return variable("curves", static_cast<double>(curves.size())) + block("stock", lines) + array_of("curve_name", names);
}

}  // namespace

Result<std::string> report_data(const std::string& directory, const Json& summary) {
  std::string data = outcomes(summary);
  for (const auto& part :
       {throughput(directory), latency(directory), stock(directory, summary.value("result_seconds", 0.0))}) {
    if (!part) return part;
    data += *part;
  }
  return data;
}

}  // namespace orderd::replay
