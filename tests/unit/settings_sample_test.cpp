#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "settings/load.h"
#include "settings/table.h"
#include "unit/settings_sources.h"

namespace orderd::settings {
namespace {

TEST_CASE(
    "config/orderd.toml is the sample file of the table, loads as the defaults and explains each key in short lines") {
  std::ifstream file(ORDERD_SOURCE_DIR "/config/orderd.toml", std::ios::binary);
  REQUIRE(file.good());
  CHECK(std::string{std::istreambuf_iterator<char>(file), {}} == sample_file());
  const auto loaded = load_text(sample_file());
  REQUIRE_MESSAGE(loaded.ok(), error_of(loaded));
  const Changes changes = compare(*load(Sources{}), *loaded);
  CHECK(changes.live.empty());
  CHECK(changes.restart.empty());
  std::istringstream lines(sample_file());
  std::string before;
  for (std::string line; std::getline(lines, line); before = line) {
    CAPTURE(line);
    CHECK(line.size() <= 128);
    CHECK(!line.ends_with(' '));
    if (line.starts_with("#name = ") || (!line.starts_with('#') && contains(line, " = ")))
      CHECK(before.starts_with("# "));
  }
}

}  // namespace
}  // namespace orderd::settings
