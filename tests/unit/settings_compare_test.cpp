#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "settings/load.h"
#include "settings/table.h"

namespace orderd::settings {
namespace {

using Keys = std::vector<std::string>;

TEST_CASE("a change of the password in the URL needs a restart, and none is no change") {
  Settings before;
  before.valkey.url = "valkey://:a@h";
  Settings after = before;
  CHECK(compare(before, after).restart.empty());
  after.valkey.url = "valkey://:b@h";
  CHECK(compare(before, after).restart == Keys{"valkey.url"});
}

TEST_CASE("every setting is compared and applies live or at a restart as the contract says") {
  const Keys live = {"retention.orders", "retention.results", "retention.dead",
                     "log.level",        "log.format",        "shutdown.drain_timeout"};
  Keys found;
  for (const Setting& row : table()) {
    CAPTURE(row.key);
    Settings after;
    if (const auto* text = std::get_if<Text>(&row.type)) {
      text->field(after) += "x";
    } else if (const auto* whole = std::get_if<Whole>(&row.type)) {
      whole->set(after, whole->get(after) + 1);
    } else if (const auto* duration = std::get_if<Duration>(&row.type)) {
      duration->set(after, duration->get(after) + Milliseconds(1));
    } else if (const auto* choice = std::get_if<Choice>(&row.type)) {
      choice->set(after, choice->get(after) == 0 ? 1 : 0);
    } else {
      continue;
    }
    const Changes changes = compare(Settings{}, after);
    REQUIRE(changes.live.size() + changes.restart.size() == 1);
    for (const std::string& key : changes.live) found.push_back(key);
    CHECK((changes.live.empty() ? changes.restart : changes.live) == Keys{std::string(row.key)});
  }
  CHECK(found == live);
}

}  // namespace
}  // namespace orderd::settings
