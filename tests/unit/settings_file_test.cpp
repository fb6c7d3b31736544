#include <doctest/doctest.h>

#include <algorithm>

#include "settings/load.h"
#include "unit/settings_sources.h"

namespace orderd::settings {
namespace {

// The error about a file of this text; "" if there is none.
std::string refusal(const std::string& text) {
  return error_of(load_text(text));
}

TEST_CASE("a value of the wrong TOML type is an error that names the right one") {
  CHECK(refusal("[processing]\nmax_lines = \"5\"") ==
        "F:2:13: processing.max_lines: \"5\" is a string, not an integer; allowed: a whole number from 1 to 1000");
  CHECK(refusal("[processing]\nlease = 30") ==
        "F:2:9: processing.lease: 30 is an integer, not a string; allowed: 100ms to 10m, a whole number and a unit: "
        "ms, s, m or h");
  CHECK(contains(refusal("log.level = true"), "F:1:13: log.level: true is a boolean, not a string; allowed: "));
  CHECK(contains(refusal("log.level = 1.5"), "the value is a floating-point number, not a string"));
  CHECK(contains(refusal("log.level = [1]"), "the value is an array, not a string"));
  CHECK(contains(refusal("log.level = {}"), "the value is a table, not a string"));
  CHECK(contains(refusal("log.level = 2026-01-01"), "the value is a date or a time, not a string"));
  CHECK(contains(refusal("processing.max_lines = 5.0"), ", not an integer"));
  CHECK(refusal("processing.max_lines = -5") ==
        "F:1:24: processing.max_lines: -5 is out of range; allowed: a whole number from 1 to 1000");
  CHECK(load_text("processing.max_lines = 0x10")->processing.max_lines == 16);
}

TEST_CASE("an unknown key is an error with its place and a suggestion") {
  CHECK(refusal("[valkey]\n  urll = \"x\"") == "F:2:3: valkey.urll: unknown key; did you mean valkey.url?");
  CHECK(refusal("[valky]\nurl = \"x\"") == "F:2:1: valky.url: unknown key; did you mean valkey.url?");
  CHECK(refusal("max_in_flight = 5") == "F:1:1: max_in_flight: unknown key; did you mean processing.max_in_flight?");
  CHECK(refusal("[valkey]\nmax_lines = 5") ==
        "F:2:1: valkey.max_lines: unknown key; did you mean processing.max_lines?");
  CHECK(refusal("[log]\nlevle = \"info\"") == "F:2:1: log.levle: unknown key; did you mean log.level?");
  CHECK(refusal("[somewhere_else]\n") == "F:1:2: somewhere_else: unknown key");
  CHECK(contains(refusal("\"valkey.url\" = \"valkey://h\""), "F:1:1: \"valkey.url\": unknown key; "));
  CHECK(contains(refusal("[[valkey.x]]\nurl = 1"), "valkey.x: unknown key"));
  CHECK(refusal("\"a\\nb\" = 1") == "F:1:1: \"a\\x0Ab\": unknown key");
  CHECK(error_of(load_variable("ORDERD_VALKEY_URLL", "x")) ==
        "ORDERD_VALKEY_URLL: unknown variable; did you mean ORDERD_VALKEY_URL?");
  CHECK(contains(error_of(load_variable("ORDERD_CONFIG", "x")), "ORDERD_CONFIG: unknown variable"));
  CHECK(error_of(load_flag("log.levle", "x")) == "--log.levle: unknown flag; did you mean --log.level?");
}

TEST_CASE("a section is not a key") {
  const std::string error = "F:1:1: valkey: is a section, not a key: write [valkey] and its keys below";
  CHECK(refusal("valkey = \"valkey://h\"") == error);
  CHECK(refusal("valkey = []") == error);
  CHECK(contains(refusal("[[valkey]]\nurl = \"x\""), "valkey: is a section, not a key"));
  CHECK(refusal("[valkey]\n[admin]\n[log]\n").empty());
  CHECK(load_text("valkey = { url = \"valkey://h\" }")->valkey.url == "valkey://h");
  CHECK(load_text("valkey.url = \"valkey://h\"")->valkey.url == "valkey://h");
}

TEST_CASE("a file that is not TOML is an error with its place") {
  CHECK(refusal("[valkey]\nurl = \"x") == "F:2:9: not TOML: Error while parsing string: encountered end-of-file");
  CHECK(refusal("[log]\nlevel = \"info\"\nlevel = \"warn\"").starts_with("F:3:9: not TOML: "));
  CHECK(contains(refusal("\xff"), "F:1:1: not TOML: Encountered invalid utf-8 sequence"));
  for (const char* text : {"url = valkey://u:hunter2@h", "url = \"valkey://u:\" hunter2", "url = 'a' 'hunter2'",
                           "password = 12345678901234567890123", "password hunter2", "password = hunter2"}) {
    const std::string error = refusal(text);
    CHECK(error.starts_with("F:1:"));
    CHECK(!contains(error, "unter2"));
    CHECK(!contains(error, "12345678901234567890123"));
  }
}

TEST_CASE("a file that cannot be read is an error") {
  const auto error_for = [](const char* path) {
    return error_of(load({.file = path, .flags = {}, .environment = {}}));
  };
  CHECK(error_for("/nowhere/orderd.toml") == "/nowhere/orderd.toml: cannot read the file: No such file or directory");
  CHECK(error_for("/") == "/: cannot read the file: Is a directory");
  CHECK(error_for("/dev/zero") == "/dev/zero: cannot read the file: it is larger than 64 KiB");
  CHECK(load_text("").ok());
}

TEST_CASE("a file of thousands of mistakes reports the first 50 and counts the others") {
  std::string text;
  for (int i = 0; i < 4000; ++i) text += "key" + std::to_string(i) + " = 1\n";
  const std::string error = refusal(text);
  CHECK(std::count(error.begin(), error.end(), '\n') == 50);
  CHECK(contains(error, "F:50:1: key49: unknown key"));
  CHECK(error.ends_with("\nand 3950 more mistakes"));
}

}  // namespace
}  // namespace orderd::settings
