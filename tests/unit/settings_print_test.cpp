#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <sstream>

#include "settings/load.h"
#include "settings/table.h"
#include "settings/value.h"
#include "unit/settings_sources.h"

namespace orderd::settings {
namespace {

TEST_CASE("every key is printed with its default, as in the sample file") {
  const std::string text = print(*load_flags({{"processing.name", "c"}}));
  CHECK(text.starts_with("[valkey]\nurl = \"valkey://127.0.0.1:6379\"\n"));
  CHECK(text.ends_with("\n\n[log]\nlevel = \"info\"\nformat = \"text\"\n\n[shutdown]\ndrain_timeout = \"10s\"\n"));
  std::string without_comments;
  std::istringstream sample(sample_file());
  for (std::string line; std::getline(sample, line);) {
    if (line.starts_with("#name = ")) line = "name = \"c\"";
    if (line.empty() || line.starts_with('#')) continue;
    without_comments += (line.starts_with('[') && !without_comments.empty() ? "\n" : "") + line + "\n";
  }
  CHECK(text == without_comments);
  CHECK(test::count_of(text, " = ") == table().size());
}

TEST_CASE("a password is printed as three asterisks, and a URL without one as it was given") {
  const auto loaded = load_variable("ORDERD_VALKEY_URL", "valkey://anna:hunter2@h/3");
  REQUIRE(loaded.ok());
  const std::string text = print(*loaded);
  CHECK_FALSE(contains(text, "hunter2"));
  CHECK(contains(text, "url = \"valkey://anna:***@h:6379/3\"\n"));
  CHECK(load_text(text).ok());
  CHECK(contains(print(*load_variable("ORDERD_VALKEY_URL", "redis://h/")), "url = \"redis://h/\"\n"));
}

TEST_CASE("a duration is printed in the largest unit that divides it") {
  using Row = std::pair<int64_t, std::string>;
  for (const auto& [value, text] : {Row{0, "\"0s\""}, Row{1, "\"1ms\""}, Row{1000, "\"1s\""}, Row{61'000, "\"61s\""},
                                    Row{120'000, "\"2m\""}, Row{90'000'000, "\"25h\""}}) {
    Settings settings;
    settings.processing.dedup_window = Milliseconds(value);
    CHECK(literal(*find("processing.dedup_window"), settings) == text);
  }
}

TEST_CASE("random settings survive printing and loading") {
  std::mt19937_64 random(20261123);
  for (int round = 0; round < 50; ++round) {
    Settings settings = *load_flags({{"valkey.url", "unix:///a%20b?db=3"},
                                     {"valkey.username", "an\"na\\"},
                                     {"streams.orders", "\xe2\x82\xac \"o\" \\ # '"},
                                     {"streams.group", ""}});
    for (const Setting& row : table()) {
      if (const auto* whole = std::get_if<Whole>(&row.type)) {
        whole->set(settings, std::uniform_int_distribution<uint64_t>(whole->min, whole->max)(random));
      } else if (const auto* duration = std::get_if<Duration>(&row.type)) {
        duration->set(settings, Milliseconds(std::uniform_int_distribution<int64_t>(duration->min.count(),
                                                                                    duration->max.count())(random)));
      } else if (const auto* choice = std::get_if<Choice>(&row.type)) {
        choice->set(settings, std::uniform_int_distribution<std::size_t>(0, choice->names.size() - 1)(random));
      }
    }
    // The one rule between them.
    settings.retention.results = std::max(settings.retention.results, settings.retention.orders);
    const auto again = load_text(print(settings));
    REQUIRE_MESSAGE(again.ok(), error_of(again));
    const Changes changes = compare(settings, *again);
    CHECK(changes.live.empty());
    CHECK(changes.restart.empty());
  }
}

}  // namespace
}  // namespace orderd::settings
