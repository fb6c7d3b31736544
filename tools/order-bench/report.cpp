// Text and Markdown share one layout: rows of cells padded to their column's width, with bars in Markdown.
#include "order-bench/report.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

namespace orderd::bench {
namespace {

using Cells = std::vector<std::string>;

template <class Named>
Named& found_or_added(std::vector<Named>& all, Named fresh) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const Named& one) { return one.name == fresh.name; });
  return found != all.end() ? *found : all.emplace_back(std::move(fresh));
}

std::string number(double value, int decimals) {
  std::string text = fmt::format("{:.{}f}", value, decimals);
  // Formats 1234567 as 1,234,567.
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::size_t first = text.starts_with('-') ? 1 : 0;
  for (std::size_t at = point; at > first + 3;) {
    at -= 3;
    text.insert(at, ",");
  }
  return text;
}

std::string spread(const Samples& samples, int decimals) {
  if (samples.size() < 2) return "one run";
  const auto [least, most] = std::minmax_element(samples.begin(), samples.end());
  return number(*least, decimals) + " to " + number(*most, decimals);
}

// The first row is the header. Names are left-aligned, numbers right-aligned.
std::string grid(const std::vector<Cells>& rows, bool markdown) {
  std::vector<std::size_t> widths;
  for (const Cells& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    out += markdown ? "|" : " ";
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const std::string& text = rows[r][i];
      const auto width = static_cast<int>(widths[i]);
      out += i == 0 ? fmt::format(" {:<{}} ", text, width) : fmt::format(" {:>{}} ", text, width);
      if (markdown) out += "|";
    }
    out += "\n";
    if (r > 0 || !markdown) continue;
    out += "|";
    for (std::size_t i = 0; i < widths.size(); ++i) out += i == 0 ? " --- |" : " ---: |";
    out += "\n";
  }
  return out;
}

}  // namespace

double median(Samples samples) {
  if (samples.empty()) return 0;
  std::sort(samples.begin(), samples.end());
  const std::size_t middle = samples.size() / 2;
  return samples.size() % 2 == 1 ? samples[middle] : (samples[middle - 1] + samples[middle]) / 2;
}

void Table::add(const std::string& row, const std::vector<double>& values) {
  Row& to = found_or_added(rows, {row, std::vector<Samples>(columns.size())});
  for (std::size_t i = 0; i < values.size(); ++i) to.cells.at(i).push_back(values[i]);
}

void Report::target(Target target, double value) {
  found_or_added(targets_, std::move(target)).samples.push_back(value);
}

std::string Report::render(bool markdown) const {
  const auto title = [markdown](const std::string& text) {
    return markdown ? "\n### " + text + "\n\n" : "\n" + text + "\n\n";
  };
  std::string out;
  if (!targets_.empty()) {
    std::vector<Cells> rows{{"target", "measured", "all runs", "wanted", "reached"}};
    for (const Target& target : targets_) {
      rows.push_back({target.name, number(target.measured(), target.decimals), spread(target.samples, target.decimals),
                      (target.at_least ? "at least " : "at most ") + number(target.wanted, target.decimals),
                      target.reached() ? "yes" : "no"});
    }
    out += title("Targets") + grid(rows, markdown);
  }
  for (const Table& table : tables_) {
    std::vector<Cells> rows(1, {""});
    for (const auto& column : table.columns) rows[0].push_back(column.name);
    for (const auto& row : table.rows) {
      Cells cells{row.name};
      for (std::size_t i = 0; i < table.columns.size(); ++i) {
        cells.push_back(row.cells[i].empty() ? "" : number(median(row.cells[i]), table.columns[i].decimals));
      }
      rows.push_back(std::move(cells));
    }
    out += title(table.title) + grid(rows, markdown);
    for (const auto& note : table.notes) out += (markdown ? "\n" : "  ") + note + "\n";
  }
  for (const auto& why : failures_) out += title("Not measured") + why + "\n";
  if (!facts_.empty()) {
    std::vector<Cells> rows{{"machine", ""}};
    for (const auto& [name, value] : facts_) rows.push_back({name, value});
    out += title("Where this was measured") + grid(rows, markdown);
  }
  return out;
}

nlohmann::ordered_json Report::json() const {
  nlohmann::ordered_json all;
  for (const auto& [name, value] : facts_) all["machine"][name] = value;
  all["targets"] = nlohmann::ordered_json::array();
  for (const Target& target : targets_) {
    all["targets"].push_back({{"name", target.name},
                              {"measured", target.measured()},
                              {"samples", target.samples},
                              {target.at_least ? "at_least" : "at_most", target.wanted},
                              {"reached", target.reached()}});
  }
  all["tables"] = nlohmann::ordered_json::array();
  for (const Table& table : tables_) {
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (const auto& row : table.rows) {
      nlohmann::ordered_json cells;
      for (std::size_t i = 0; i < table.columns.size(); ++i) cells[table.columns[i].name] = row.cells[i];
      rows.push_back({{"name", row.name}, {"cells", cells}});
    }
    all["tables"].push_back({{"title", table.title}, {"rows", rows}, {"notes", table.notes}});
  }
  all["failures"] = failures_;
  return all;
}

}  // namespace orderd::bench
