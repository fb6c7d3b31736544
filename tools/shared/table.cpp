// Folded columns keep their place: a value is below its heading in each of a row's lines.
#include "shared/table.h"

#include <algorithm>

namespace orderd::tools {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kIndent = 4;  // of a row's further lines
// The last column stays in its line if this much of it fits.
constexpr std::size_t kLastMin = 24;
// A narrower terminal is treated as this wide.
constexpr std::size_t kWidthMin = 20;

bool begins_character(char c) {
  return (c & 0xC0) != 0x80;
}

// How many characters a terminal shows, assuming one cell for each.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

// Takes what fits into `width` from the front, up to a space if there is one.
std::string_view take_line(std::string_view& text, std::size_t width) {
  std::size_t end = 0;
  std::size_t space = 0;
  for (std::size_t count = 0; end < text.size(); ++end) {
    if (!begins_character(text[end])) continue;
    if (text[end] == ' ') space = end;
    if (++count > width) break;
  }
  if (end == text.size()) space = end;
  const std::string_view line = text.substr(0, space > 0 ? space : end);
  text.remove_prefix(line.size());
  if (!text.empty() && text[0] == ' ') text.remove_prefix(1);
  return line;
}

}  // namespace

Table::Table(std::vector<Column> columns, std::optional<std::size_t> width)
    : columns_(std::move(columns)), width_(width ? std::optional(std::max(*width, kWidthMin)) : std::nullopt) {
  for (std::size_t i = columns_.size(); i-- > 0;) {
    if (!columns_[i].hidden) continue;
    hidden_.push_back(i);
    columns_.erase(columns_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  for (const Column& column : columns_) widths_.push_back(std::max(column.width_min, width_of(column.heading)));
}

void Table::add(std::vector<Cell> row) {
  for (const std::size_t i : hidden_) row.erase(row.begin() + static_cast<std::ptrdiff_t>(i));
  for (std::size_t i = 0; i < columns_.size(); ++i) widths_[i] = std::max(widths_[i], width_of(row.at(i).text));
  rows_.push_back(std::move(row));
}

std::string Table::take() {
  std::string out;
  const std::vector<std::size_t> folded = folds();
  if (headed_ != folded) {
    std::vector<Cell> headings;
    for (const Column& column : columns_) headings.push_back({std::string(column.heading), Color::kBold});
    append_row(headings, folded, out);
    headed_ = folded;
  }
  for (const auto& row : rows_) append_row(row, folded, out);
  rows_.clear();
  return out;
}

// The columns that begin a further line.
std::vector<std::size_t> Table::folds() const {
  std::vector<std::size_t> folds;
  if (!width_) return folds;
  std::size_t used = 0;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::size_t wanted = i + 1 < columns_.size() ? widths_[i] : std::min(widths_[i], kLastMin);
    if (i > 0 && used + kGap + wanted > *width_) {
      folds.push_back(i);
      used = kIndent + widths_[i];
    } else {
      used += (i > 0 ? kGap : 0) + widths_[i];
    }
  }
  return folds;
}

void Table::append_row(const std::vector<Cell>& row, const std::vector<std::size_t>& folds, std::string& out) const {
  std::string line;
  std::size_t at = 0;    // how long it is, without colors
  std::size_t owed = 0;  // spaces, if something follows
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (std::find(folds.begin(), folds.end(), i) != folds.end()) {
      if (at > 0) out.append(line).append("\n");
      line.clear();
      at = 0;
      owed = kIndent;
    }
    std::string_view text = row[i].text;
    if (text.empty()) {
      owed += widths_[i] + kGap;
      continue;
    }
    const std::size_t padding = widths_[i] - width_of(text);
    const bool right = columns_[i].align == Align::kRight;
    const std::size_t begin = at + owed + (right ? padding : 0);
    const std::size_t left = width_ ? *width_ - std::min(*width_ - 1, begin) : std::string::npos;
    line.append(begin - at, ' ');
    at = begin + width_of(text);
    owed = kGap + (right ? 0 : padding);
    line.append(colored(take_line(text, left), row[i].color));
    // Only the last value of a line can be too long for it.
    while (!text.empty()) line.append("\n").append(begin, ' ').append(colored(take_line(text, left), row[i].color));
  }
  if (at > 0 || folds.empty()) out.append(line).append("\n");
}

}  // namespace orderd::tools
