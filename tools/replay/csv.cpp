// Quotes are doubled inside quotes. No field holds a newline.
#include "replay/csv.h"

#include <cstdlib>
#include <fstream>

#include "shared/output.h"

namespace orderd::replay {
namespace {

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields(1);
  bool inside = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && inside && i + 1 < line.size() && line[i + 1] == '"') {
      fields.back().push_back(line[++i]);
    } else if (c == '"') {
      inside = !inside;
    } else if (c == ',' && !inside) {
      fields.emplace_back();
    } else {
      fields.back().push_back(c);
    }
  }
  return fields;
}

}  // namespace

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
      return Failure{name + ", line " + std::to_string(number) + ": " + std::to_string(fields) +
                     " fields are expected"};
    }
  }
  return rows;
}

double value_of(const std::string& field) {
  return std::strtod(field.c_str(), nullptr);
}

}  // namespace orderd::replay
