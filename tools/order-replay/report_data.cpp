// Rows of the CSV files become data blocks ($name << EOD) and arrays. Only numbers are in blocks, and texts are
// escaped: gnuplot runs what is in backquotes.
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <cmath>
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

// As gnuplot reads a string in double quotes.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : tools::shown(text)) {
    if (c == '"' || c == '\\' || c == '`') out.push_back('\\');
    out.push_back(c);
  }
  return out + "\"";
}

std::string block(const char* name, const std::string& lines) {
  return fmt::format("${} << EOD\n{}EOD\n", name, lines);
}

// gnuplot has no empty arrays: one that is not used has one element.
std::string array_of(const char* name, std::vector<std::string> elements) {
  if (elements.empty()) elements.emplace_back("0");
  return fmt::format("array {}[{}] = [{}]\n", name, elements.size(), fmt::join(elements, ", "));
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
    lines += fmt::format("{:.6g} {:.6g} {:.6g}\n", (now[0] + last[0]) / 2, (now[1] - last[1]) / time,
                         (now[2] - last[2]) / time);
    last = now;
    ++points;
  }
  return fmt::format("points = {}\n", points) + block("throughput", lines);
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
    if (total > seen) lines += fmt::format("{:.6g} {:.6g}\n", total / (total - seen), slowest);
    seen += value_of(row[1]);
  }
  lines += fmt::format("{:.6g} {:.6g}\n", total * 1.0001, slowest);
  return fmt::format("latencies = {}\nrequests = {:.6g}\nonly = {:.6g}\n", total > 0 ? rows->size() : 0, total,
                     slowest) +
         block("latency", lines);
}

std::string outcomes(const Json& summary) {
  struct Bar {
    std::string name;
    double count = 0;
    int color = 0;
  };
  std::vector<Bar> bars = {{"accepted", summary.value("accepted", 0.0), 1}};
  const Json rejected = summary.value("rejected", Json::object());
  for (const auto& [reason, count] : rejected.items()) bars.push_back({reason, count.get<double>(), 3});
  bars.push_back({"duplicate", summary.value("duplicates", 0.0), 2});
  if (summary.value("missing", 0.0) > 0) bars.push_back({"no result", summary.value("missing", 0.0), 3});
  double total = 0;
  double longest = 1;
  for (const Bar& bar : bars) {
    total += bar.count;
    longest = std::max(longest, bar.count);
  }
  std::vector<std::string> names;
  std::vector<std::string> labels;
  std::vector<std::string> counts;
  std::vector<std::string> colors;
  for (const auto& [name, count, color] : bars) {
    const double share = total > 0 ? std::round(count / total * 1000) / 10 : 0;
    names.push_back(quoted(name));
    labels.push_back(fmt::format("\"{}  ({:.6g}%)\"", static_cast<uint64_t>(count), share));
    counts.push_back(fmt::format("{:.6g}", count));
    colors.push_back(std::to_string(color));
  }
  return fmt::format("bars = {}\nlongest = {:.6g}\n", bars.size(), longest) + array_of("bar_name", names) +
         array_of("bar_label", labels) + array_of("bar", counts) + array_of("bar_color", colors);
}

Result<std::string> stock(const std::string& directory, double seconds) {
  const auto rows = read_csv(directory + "/" + kStockFile, 3);
  if (!rows) return rows.failure();
  struct Curve {
    std::string sku;
    std::string lines;
    double last = 0;
  };
  std::vector<Curve> curves;
  for (const auto& row : *rows) {
    auto curve = std::find_if(curves.begin(), curves.end(), [&](const Curve& each) { return each.sku == row[1]; });
    if (curve == curves.end()) curve = curves.insert(curves.end(), {row[1], ""});
    curve->last = value_of(row[2]);
    curve->lines += fmt::format("{:.6g} {:.6g}\n", value_of(row[0]), curve->last);
  }
  std::string lines;
  std::vector<std::string> names;
  for (const Curve& curve : curves) {
    // What did not change any more goes on to the end. Two empty lines end a curve.
    lines += fmt::format("{}{:.6g} {:.6g}\n\n\n", curve.lines, seconds, curve.last);
    names.push_back(quoted(curve.sku));
  }
  return fmt::format("curves = {}\n", curves.size()) + block("stock", lines) + array_of("curve_name", names);
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
