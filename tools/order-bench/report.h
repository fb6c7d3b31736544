// The results: targets (measured, wanted, reached or not), the tables behind them, and the machine.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace orderd::bench {

// All runs of one figure. Ratios are computed per run; the median is that of the ratios.
using Samples = std::vector<double>;
[[nodiscard]] double median(Samples samples);

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
  std::vector<std::string> notes = {};
  std::vector<Row> rows = {};

  // Adds one run to a row, which its first run creates: one value for each column.
  void add(const std::string& row, const std::vector<double>& values);
};

class Report {
 public:
  void fact(std::string name, std::string value) { facts_.emplace_back(std::move(name), std::move(value)); }
  // Adds one run to a target, which its first run creates. It was set in advance: at least this much, or at most.
  void at_least(double wanted, const std::string& name, double value, int decimals = 2) {
    target({name, true, wanted, decimals, {}}, value);
  }
  void at_most(double wanted, const std::string& name, double value, int decimals = 2) {
    target({name, false, wanted, decimals, {}}, value);
  }
  void table(Table table) { tables_.push_back(std::move(table)); }
  // A part that could not be measured, and why.
  void failure(std::string why) { failures_.push_back(std::move(why)); }

  [[nodiscard]] std::string text() const { return render(false); }
  [[nodiscard]] std::string markdown() const { return render(true); }
  // Everything, including each sample.
  [[nodiscard]] nlohmann::ordered_json json() const;

 private:
  struct Target {
    std::string name;
    bool at_least = true;
    double wanted = 0;
    int decimals = 2;
    Samples samples;
    [[nodiscard]] double measured() const { return median(samples); }
    [[nodiscard]] bool reached() const { return at_least ? measured() >= wanted : measured() <= wanted; }
  };
  void target(Target target, double value);
  [[nodiscard]] std::string render(bool markdown) const;

  std::vector<std::pair<std::string, std::string>> facts_;
  std::vector<Target> targets_;
  std::vector<Table> tables_;
  std::vector<std::string> failures_;
};

}  // namespace orderd::bench
