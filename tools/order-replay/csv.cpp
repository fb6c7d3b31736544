// Quotes are doubled inside quotes. No field holds a newline: an SKU has no control characters.
#include "order-replay/csv.h"

#include <spdlog/fmt/fmt.h>

#include <cstdlib>
#include <fstream>

#include "shared/output.h"

namespace orderd::replay {
namespace {

// In a spreadsheet this begins a formula, or is our sign that the rest is none.
bool needs_apostrophe(std::string_view text) {
  return text.find_first_of("=+-@'") == 0 || (!text.empty() && static_cast<unsigned char>(text[0]) < ' ');
}

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields(1);
  bool inside = false;
  char last = '\0';
  for (const char c : line) {
    if (c == '"') inside = !inside;
    if (c == ',' && !inside) {
      fields.emplace_back();
    } else if (c != '"' || (inside && last == '"')) {
      fields.back().push_back(c);
    }
    last = c;
  }
  for (std::string& field : fields) {
    if (field.starts_with('\'') && needs_apostrophe(std::string_view(field).substr(1))) field.erase(0, 1);
  }
  return fields;
}

}  // namespace

std::string csv_text(std::string_view text) {
  std::string out = needs_apostrophe(text) ? "\"'" : "\"";
  for (const char c : text) out.append(c == '"' ? 2 : 1, c);
  return out + "\"";
}

Result<std::vector<std::vector<std::string>>> read_csv(const std::string& file, std::size_t fields) {
  std::ifstream stream(file);
  const std::string name = "'" + tools::shown(file) + "'";
  if (!stream) return Failure{"cannot read " + name + "; order-replay run FILE --wait --data DIR writes it"};
  std::vector<std::vector<std::string>> rows;
  std::string line;
  for (std::size_t number = 1; std::getline(stream, line); ++number) {
    if (number == 1) continue;
    rows.push_back(fields_of(line));
    if (rows.back().size() != fields) {
      return Failure{fmt::format("{}, line {}: {} fields are expected", name, number, fields)};
    }
  }
  return rows;
}

double value_of(const std::string& field) {
  return std::strtod(field.c_str(), nullptr);
}

}  // namespace orderd::replay
