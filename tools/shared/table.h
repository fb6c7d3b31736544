// Rows under headings, for people.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/output.h"

namespace orderd::tools {

struct Cell {
  std::string text;  // safe for a terminal
  Color color = Color::kPlain;
};

// Rows may be printed page by page: a column never becomes narrower. A table that is wider than the terminal is folded:
// the columns that do not fit continue on the next line, indented, in the headings as in each row, and the text of the
// last one is broken between words. Nothing is cut.
class Table {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string_view heading;
    Align align = Align::kLeft;
    std::size_t width_min = 0;
    bool hidden = false;  // left out, in the headings and in each row
  };
  // `width`: of the lines; nothing: unlimited.
  explicit Table(std::vector<Column> columns, std::optional<std::size_t> width = terminal_width());

  void add(std::vector<Cell> row);
  // Prints the rows added since the last call. The headings come first, and again whenever the columns are folded
  // differently.
  void print() { tools::print(take()); }
  // What print() prints.
  [[nodiscard]] std::string take();

 private:
  [[nodiscard]] std::vector<std::size_t> folds() const;
  void append_row(const std::vector<Cell>& row, const std::vector<std::size_t>& folds, std::string& out) const;

  std::vector<Column> columns_;
  std::vector<std::size_t> hidden_;  // the last one first
  const std::optional<std::size_t> width_;
  std::vector<std::size_t> widths_;
  std::vector<std::vector<Cell>> rows_;
  std::optional<std::vector<std::size_t>> headed_;  // how the headings were folded
};

}  // namespace orderd::tools
