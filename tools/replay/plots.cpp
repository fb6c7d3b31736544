// gnuplot knows fixed colors only. Each of ours is a color that means nothing, and becomes a variable of the page,
// which has one value for light and one for dark.
#include "replay/plots.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "replay/csv.h"
#include "replay/run_data.h"

namespace orderd::replay {
namespace {

using tools::Json;

// More points could not be distinguished.
constexpr std::size_t kMaxPoints = 160;
// Seconds between two points, at least.
constexpr double kShortest = 0.05;

constexpr const char* kStyle = R"(set terminal svg size 760,320 dynamic font "system-ui,sans-serif,13" lw 1
set border 3 lc rgb "#010201"
set tics nomirror out scale 0.5 textcolor rgb "#010201"
set key above left horizontal textcolor rgb "#010201" samplen 2 width 2
set grid ytics lc rgb "#010202" lt 1 lw 0.5
set xlabel textcolor rgb "#010201"
set ylabel textcolor rgb "#010201" offset 1,0
set decimalsign "."
set format y "%.0f"
)";

std::string color(std::size_t index) {
  return "lc rgb \"#0103" + std::string("0") + std::to_string(index % 8) + "\"";
}

std::string number(double value) {
  std::array<char, 64> text;
  (void)std::snprintf(text.data(), text.size(), "%.6g", value);
  return text.data();
}

// As gnuplot reads a string in double quotes with noenhanced text.
std::string gnuplot_text(const std::string& text) {
  std::string out = "\"";
  for (const char c : tools::shown(text)) {
    if (c == '"' || c == '\\' || c == '`') out.push_back('\\');
    out.push_back(c);
  }
  return out + "\"";
}

Result<Plot> throughput(const std::string& directory) {
  const auto rows = read_csv(directory + "/" + kSeriesFile, 5);
  if (!rows) return rows.failure();
  // Counts since the beginning become rates between rows that are far enough apart.
  const std::size_t step = rows->size() / kMaxPoints + 1;
  std::string data = "$data << EOD\n";
  std::array<double, 3> last{};
  std::size_t points = 0;
  for (std::size_t i = step - 1; i < rows->size(); i += step) {
    const auto& row = (*rows)[i];
    const std::array<double, 3> now = {value_of(row[0]), value_of(row[1]),
                                       value_of(row[2]) + value_of(row[3]) + value_of(row[4])};
    const double time = now[0] - last[0];
    // The last sample comes at the end, whenever that is: too short a time shows a rate that never was.
    if (time < kShortest) continue;
    data += number((now[0] + last[0]) / 2) + " " + number((now[1] - last[1]) / time) + " " +
            number((now[2] - last[2]) / time) + "\n";
    last = now;
    ++points;
  }
  if (points == 0) return Plot{};  // the run was shorter than that
  return Plot{"Throughput", "Requests pushed and results read, each second.",
              kStyle + data + "EOD\nset xlabel \"seconds\"\nset yrange [0:*]\nset xrange [0:*]\n" +
                  "plot $data using 1:2 with lines lw 2 " + color(0) +
                  " title \"pushed/s\", $data using 1:3 with lines lw 2 " + color(1) + " title \"results/s\"\n"};
}

Result<Plot> latency(const std::string& directory) {
  const auto rows = read_csv(directory + "/" + kLatencyFile, 2);
  if (!rows) return rows.failure();
  double total = 0;
  for (const auto& row : *rows) total += value_of(row[1]);
  if (total == 0) return Plot{};
  std::string data = "$data << EOD\n";
  double seen = 0;
  for (const auto& row : *rows) {
    // Of so many requests one is slower.
    data += number(total / (total - seen)) + " " + number(value_of(row[0]) / 1000) + "\n";
    seen += value_of(row[1]);
  }
  // Around a single value gnuplot finds no range of its own.
  const double first = value_of(rows->front()[0]) / 1000;
  const std::string only =
      rows->size() == 1 ? "set yrange [" + number(first / 10) + ":" + number(first * 10) + "]\n" : "";
  data += number(total * 1.0001) + " " + number(value_of(rows->back()[0]) / 1000) + "\nEOD\n";
  return Plot{"Latency",
              "From when a request was due to when its result could be read: so many of all requests were not slower. "
              "Both axes are logarithmic.",
              kStyle + data +
                  "set logscale x 10\nset logscale y 10\nset format y \"%g ms\"\nunset key\nset grid xtics ytics\n"
                  "set xtics (\"0%%\" 1, \"50%%\" 2, \"90%%\" 10, \"99%%\" 100, \"99.9%%\" 1000, \"99.99%%\" 10000, "
                  "\"99.999%%\" 100000, \"99.9999%%\" 1000000)\nset xrange [1:" +
                  number(std::max(total, 10.0)) + "]\nset ytics 10\nset mytics 10\n" + only +
                  "plot $data using 1:2 with lines lw 2 " + color(0) + " notitle\n"};
}

Plot outcomes(const Json& summary) {
  std::vector<std::pair<std::string, double>> bars = {{"accepted", summary.value("accepted", 0.0)}};
  const Json rejected = summary.value("rejected", Json::object());
  for (const auto& [reason, count] : rejected.items()) {
    bars.emplace_back(reason, count.get<double>());
  }
  bars.emplace_back("duplicate", summary.value("duplicates", 0.0));
  if (summary.value("missing", 0.0) > 0) bars.emplace_back("no result", summary.value("missing", 0.0));
  double total = 0;
  double most = 1;
  for (const auto& bar : bars) {
    total += bar.second;
    most = std::max(most, bar.second);
  }
  std::string script = kStyle;
  std::string plot = "plot";
  for (std::size_t i = 0; i < bars.size(); ++i) {
    const auto& [name, count] = bars[i];
    const std::size_t row = bars.size() - i;
    const std::size_t hue = name == "accepted" ? 1 : name == "duplicate" ? 2 : 3;
    script += "$bar" + std::to_string(i) + " << EOD\n" + number(count / 2) + " " + std::to_string(row) + "\nEOD\n";
    script += "set label " + std::to_string(i + 1) + " " +
              gnuplot_text(std::to_string(static_cast<uint64_t>(count)) + "  (" +
                           number(total > 0 ? std::round(count / total * 1000) / 10 : 0) + "%)") +
              " at " + number(count) + "," + std::to_string(row) + " offset 0.6,0 textcolor rgb \"#010201\"\n";
    script += std::string(i == 0 ? "set ytics (" : "set ytics add (") + gnuplot_text(name) + " " + std::to_string(row) +
              ")\n";
    plot += std::string(i == 0 ? " " : ", ") + "$bar" + std::to_string(i) + " using 1:2:(" + number(count / 2) +
            "):(0.32) with boxxyerror fill solid 1 noborder " + color(hue) + " notitle";
  }
  script +=
      "unset grid\nset grid xtics lc rgb \"#010202\" lt 1 lw 0.5\nset ytics noenhanced scale 0\nset format x "
      "\"%.0f\"\n";
  script += "set xrange [0:" + number(most * 1.25) +
            "]\nset yrange [0.4:" + number(static_cast<double>(bars.size()) + 0.6) + "]\n";
  return {"Outcomes", "What became of the requests, and their shares.", script + plot + "\n"};
}

Result<Plot> stock(const std::string& directory, double seconds) {
  const auto rows = read_csv(directory + "/" + kStockFile, 3);
  if (!rows) return rows.failure();
  if (rows->empty()) return Plot{};
  std::vector<std::pair<std::string, std::string>> curves;  // of each SKU its points
  std::vector<std::string> last;
  for (const auto& row : *rows) {
    auto found =
        std::find_if(curves.begin(), curves.end(), [&row](const auto& curve) { return curve.first == row[1]; });
    if (found == curves.end()) {
      found = curves.insert(curves.end(), {row[1], ""});
      last.emplace_back();
    }
    found->second += number(value_of(row[0])) + " " + number(value_of(row[2])) + "\n";
    last[static_cast<std::size_t>(found - curves.begin())] = number(value_of(row[2]));
  }
  std::string script = kStyle;
  std::string plot = "plot";
  for (std::size_t i = 0; i < curves.size(); ++i) {
    // What did not change any more goes on to the end.
    script +=
        "$curve" + std::to_string(i) + " << EOD\n" + curves[i].second + number(seconds) + " " + last[i] + "\nEOD\n";
    plot += std::string(i == 0 ? " " : ", ") + "$curve" + std::to_string(i) + " using 1:2 with steps lw 2 " + color(i) +
            " title " + gnuplot_text(curves[i].first) + " noenhanced";
  }
  script += "set xlabel \"seconds\"\nset yrange [0:*]\nset xrange [0:*]\n";
  return Plot{"Stock", "What remained of the first SKUs that were sold, as the accepted results tell.",
              script + plot + "\n"};
}

}  // namespace

Result<std::vector<Plot>> plots_of(const std::string& directory, const Json& summary) {
  std::vector<Plot> plots;
  for (Result<Plot> plot : {throughput(directory), latency(directory), Result<Plot>(outcomes(summary)),
                            stock(directory, summary.value("result_seconds", 0.0))}) {
    if (!plot) return plot.failure();
    if (!plot->script.empty()) plots.push_back(std::move(*plot));
  }
  return plots;
}

std::string colors_named(std::string svg) {
  const auto replace_all = [&svg](const std::string& what, const std::string& with) {
    for (std::size_t at = 0; (at = svg.find(what, at)) != std::string::npos; at += with.size()) {
      svg.replace(at, what.size(), with);
    }
  };
  // As gnuplot writes colors.
  replace_all("rgb(  1,   2,   1)", "var(--ink)");
  replace_all("rgb(  1,   2,   2)", "var(--grid)");
  for (int i = 0; i < 8; ++i) {
    replace_all("rgb(  1,   3,   " + std::to_string(i) + ")", "var(--c" + std::to_string(i) + ")");
  }
  return svg;
}

}  // namespace orderd::replay
