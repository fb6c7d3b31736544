#include <doctest/doctest.h>

#include "settings/load.h"
#include "unit/settings_sources.h"

namespace orderd::settings {
namespace {

using test::error_of;
using test::holds;
using test::load_flag;
using test::load_text;
using test::load_variable;

TEST_CASE("a value of another TOML type says which is expected") {
  CHECK(error_of(load_text("[processing]\nmax_lines = \"5\"")) ==
        "F:2:13: processing.max_lines: \"5\" is a string where an integer is expected; allowed: a whole number from 1 "
        "to 1000");
  CHECK(error_of(load_text("[processing]\nclaim_idle = 30")) ==
        "F:2:14: processing.claim_idle: 30 is an integer where a string is expected; allowed: 100ms to 24h, a whole "
        "number and "
        "a unit: ms, s, m or h");
  CHECK(holds(error_of(load_text("log.level = true")),
              "F:1:13: log.level: the value is a boolean where a string is expected"));
  CHECK(holds(error_of(load_text("log.level = 1.5")), "the value is a floating-point number where"));
  CHECK(holds(error_of(load_text("log.level = [1]")), "the value is an array where"));
  CHECK(holds(error_of(load_text("log.level = {}")), "the value is a table where"));
  CHECK(holds(error_of(load_text("log.level = 2026-01-01")), "the value is a date or a time where"));
  CHECK(holds(error_of(load_text("processing.max_lines = 5.0")), "where an integer is expected"));
  CHECK(error_of(load_text("processing.max_lines = -5")) ==
        "F:1:24: processing.max_lines: -5 is out of range; allowed: a whole number from 1 to 1000");
  CHECK(load_text("processing.max_lines = 0x10")->processing.max_lines == 16);
}

TEST_CASE("an unknown key says where it stands and which is the nearest") {
  CHECK(error_of(load_text("[valkey]\n  urll = \"x\"")) == "F:2:3: valkey.urll: unknown key; did you mean valkey.url?");
  CHECK(error_of(load_text("[valky]\nurl = \"x\"")) == "F:2:1: valky.url: unknown key; did you mean valkey.url?");
  CHECK(error_of(load_text("max_in_flight = 5")) ==
        "F:1:1: max_in_flight: unknown key; did you mean processing.max_in_flight?");
  CHECK(error_of(load_text("[valkey]\nmax_lines = 5")) ==
        "F:2:1: valkey.max_lines: unknown key; did you mean processing.max_lines?");
  CHECK(error_of(load_text("[log]\nlevle = \"info\"")) == "F:2:1: log.levle: unknown key; did you mean log.level?");
  CHECK(holds(error_of(load_text("[somewhere_else]\n")), "F:1:2: somewhere_else: unknown key; the nearest is "));
  CHECK(holds(error_of(load_text("\"valkey.url\" = \"valkey://h\"")), "F:1:1: \"valkey.url\": unknown key; "));
  CHECK(holds(error_of(load_text("[[valkey.x]]\nurl = 1")), "valkey.x: unknown key; "));
  CHECK(holds(error_of(load_text("\"a\\nb\" = 1")), "F:1:1: \"a\\x0Ab\": unknown key; "));
  CHECK(error_of(load_variable("ORDERD_VALKEY_URLL", "x")) ==
        "ORDERD_VALKEY_URLL: unknown variable; did you mean ORDERD_VALKEY_URL?");
  CHECK(holds(error_of(load_variable("ORDERD_CONFIG", "x")), "ORDERD_CONFIG: unknown variable; "));
  CHECK(error_of(load_flag("log.levle", "x")) == "--log.levle: unknown flag; did you mean --log.level?");
}

TEST_CASE("a section is no key") {
  const std::string error = "F:1:1: valkey: is a section, not a key: write [valkey] and its keys below";
  CHECK(error_of(load_text("valkey = \"valkey://h\"")) == error);
  CHECK(error_of(load_text("valkey = []")) == error);
  CHECK(holds(error_of(load_text("[[valkey]]\nurl = \"x\"")), "valkey: is a section, not a key"));
  CHECK(error_of(load_text("[valkey]\n[admin]\n[log]\n")).empty());
  CHECK(load_text("valkey = { url = \"valkey://h\" }")->valkey.url == "valkey://h");
  CHECK(load_text("valkey.url = \"valkey://h\"")->valkey.url == "valkey://h");
}

TEST_CASE("a file that is not TOML says where it breaks") {
  CHECK(error_of(load_text("[valkey]\nurl = \"x")) ==
        "F:2:9: not TOML: Error while parsing string: encountered end-of-file");
  CHECK(error_of(load_text("[log]\nlevel = \"info\"\nlevel = \"warn\"")).starts_with("F:3:9: not TOML: "));
  CHECK(holds(error_of(load_text("\xff")), "F:1:1: not TOML: Encountered invalid utf-8 sequence"));
  for (const char* text : {"url = valkey://u:hunter2@h", "url = \"valkey://u:\" hunter2", "url = 'a' 'hunter2'",
                           "password = 12345678901234567890123", "password hunter2", "password = hunter2"}) {
    const std::string error = error_of(load_text(text));
    CHECK(error.starts_with("F:1:"));
    CHECK(!holds(error, "unter2"));
    CHECK(!holds(error, "12345678901234567890123"));
  }
}

TEST_CASE("a file that cannot be read says so") {
  const auto error_for = [](const char* path) {
    Sources sources;
    sources.file = path;
    return error_of(load(sources));
  };
  CHECK(error_for("/nowhere/orderd.toml") ==
        "/nowhere/orderd.toml: the file cannot be read: No such file or directory");
  CHECK(error_for("/") == "/: the file cannot be read: Is a directory");
  CHECK(error_for("/dev/zero") == "/dev/zero: the file cannot be read: it has more than 1 MiB");
  CHECK(load_text("").ok());
}

}  // namespace
}  // namespace orderd::settings
