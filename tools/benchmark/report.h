// The results: targets (measured, wanted, reached or not), the tables behind them, and the machine.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace orderd::bench {

// All runs of one figure. Ratios are computed per run; the median is that of the ratios.
using Samples = std::vector<double>;
[[nodiscard]] double median(Samples samples);

// A target set in advance: at least this much, or at most.
struct Target {
  std::string name;
  Samples samples;
  bool at_least = true;
  double wanted = 0;
  int decimals = 2;
  [[nodiscard]] double measured() const { return median(samples); }
  [[nodiscard]] bool reached() const { return at_least ? measured() >= wanted : measured() <= wanted; }
};

// The first column is a name; the others are numbers, each the median of its samples.
struct Table {
  struct Column {
    std::string name;
    int decimals = 0;
  };
  struct Row {
    std::string name;
    std::vector<Samples> cells;  // an empty cell does not apply
  };
  std::string title;
  std::vector<Column> columns;
  std::vector<Row> rows;
  std::vector<std::string> notes;
};

class Report {
 public:
  void fact(std::string name, std::string value) { facts_.emplace_back(std::move(name), std::move(value)); }
  void target(Target target) { targets_.push_back(std::move(target)); }
  // A part that could not be measured, and why.
  void failure(std::string why) { failures_.push_back(std::move(why)); }
  void table(Table table) { tables_.push_back(std::move(table)); }

  [[nodiscard]] std::string text() const;
  [[nodiscard]] std::string markdown() const;
  // Everything, including each sample.
  [[nodiscard]] nlohmann::ordered_json json() const;

 private:
  [[nodiscard]] std::string render(bool markdown) const;

  std::vector<std::pair<std::string, std::string>> facts_;
  std::vector<Target> targets_;
  std::vector<Table> tables_;
  std::vector<std::string> failures_;
};

}  // namespace orderd::bench
