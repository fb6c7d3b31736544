#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "settings/load.h"
#include "settings/table.h"
#include "unit/settings_sources.h"

namespace orderd::settings {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST_CASE("config/orderd.toml is the sample file of the table, loads as the defaults and has short lines") {
  std::ifstream file(ORDERD_SOURCE_DIR "/config/orderd.toml", std::ios::binary);
  REQUIRE(file.good());
  CHECK(std::string{std::istreambuf_iterator<char>(file), {}} == sample_file());
  const auto loaded = load_text(sample_file());
  REQUIRE_MESSAGE(loaded.ok(), error_of(loaded));
  const Changes changes = compare(*load(Sources{}), *loaded);
  CHECK(changes.live.empty());
  CHECK(changes.restart.empty());
  for (const std::string& line : lines_of(sample_file())) {
    CAPTURE(line);
    CHECK(line.size() <= 128);
    CHECK(!line.ends_with(' '));
  }
}

TEST_CASE("the sample file has every key") {
  const auto lines = lines_of(sample_file());
  for (const Setting& row : table()) {
    CAPTURE(row.key);
    const bool comment = row.key == kNameKey;
    const std::string start = std::string(comment ? "#" : "").append(row.name()).append(" = ");
    const auto header = std::find(lines.begin(), lines.end(), std::string("[").append(row.section()).append("]"));
    REQUIRE(header != lines.end());
    const auto line = std::find_if(header, lines.end(), [&](const std::string& l) { return l.starts_with(start); });
    REQUIRE(line != lines.end());
    CHECK((line - 1)->starts_with("# "));
  }
}

}  // namespace
}  // namespace orderd::settings
