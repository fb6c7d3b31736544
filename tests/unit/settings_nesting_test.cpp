// The limit on nesting protects the stack: the deepest accepted text must be harmless to the parser, and no text may
// hide its depth from the scanner.
#include "settings/nesting.h"

#include <doctest/doctest.h>

#include "settings/load.h"
#include "unit/settings_sources.h"

namespace orderd::settings {
namespace {

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

// "line:column: what", or "".
std::string found(std::string_view toml) {
  const auto excess = find_too_deep(toml);
  if (!excess) return {};
  return std::to_string(excess->line) + ":" + std::to_string(excess->column) + ": " + excess->what;
}

TEST_CASE("a key with thousands of parts or a deeply nested value is an error that names its line") {
  const std::string key = ": the key has more than 16 parts";
  const std::string value = ": values are nested more than 16 levels deep";
  CHECK(error_of(load_text("# x\n" + repeated("a.", 30'000) + "a = 1")) == "F:2:32" + key);
  CHECK(error_of(load_text("[log]\n" + repeated("a.", 30'000) + "a = 1")) == "F:2:32" + key);
  CHECK(error_of(load_text("\n" + repeated("\"\".", 20'000) + "a = 1")) == "F:2:48" + key);
  CHECK(error_of(load_text("\n[" + repeated("a.", 30'000) + "a]")) == "F:2:33" + key);
  CHECK(error_of(load_text("\n[[" + repeated("a . ", 15'000) + "a]]")) == "F:2:65" + key);
  CHECK(error_of(load_text("x = {" + repeated("a.", 30'000) + "a = 1}")) == "F:1:37" + key);
  CHECK(found(repeated("a.", 40'000) + "a = 1") == "1:32" + key);
  CHECK(error_of(load_text("\nx = " + repeated("[", 60'000))) == "F:2:21" + value);
  CHECK(error_of(load_text("x = " + repeated("{a=", 20'000))) == "F:1:53" + value);
  CHECK(error_of(load_text("x = " + repeated("[\n", 30'000))) == "F:17:1" + value);
  // A column counts characters.
  CHECK(found("\"\xc3\xa4\xe2\x82\xac\" = " + repeated("[", 17)) == "1:24" + value);
}

TEST_CASE("the deepest accepted text is parsed") {
  const std::string key = repeated("a.", 15) + "a";
  const std::string text = "[" + key + "]\n" + key + " = " + repeated("[{" + key + " = ", 8) + "1" + repeated("}]", 8);
  CHECK(found(text).empty());
  CHECK(error_of(load_text(text)).find(": unknown key") != std::string::npos);
}

TEST_CASE("only the parts of one key and open brackets count, and none in strings and comments") {
  const std::string much = repeated("[.{.", 100);
  for (const std::string& text :
       {repeated("a.b.c = 1.5\n", 100), "x = [" + repeated("1.5, ", 100) + "]",
        "x = [" + repeated("[], {}, ", 100) + "]", repeated("[a.b]\n", 100), repeated("]", 100) + repeated("[", 16),
        "# " + much, "x = 1 # " + much + "\ny = 2", "x = \"" + much + "\"", "x = \"\\\"" + much + "\"",
        "x = '" + much + "'", "x = \"\"\"\n" + much + "\n\"\"\"", "x = '''\n" + much + "\n'''",
        "\"" + much + "\" = 1"}) {
    CHECK_MESSAGE(found(text) == "", text);
  }
}

TEST_CASE("a string ends where the parser ends it") {
  const std::string deep = " = " + repeated("[", 17);
  for (const std::string text :
       {R"(x = "")", R"(x = '')", R"(x = "a\\")", R"(x = 'a\')", R"(x = """a""")", R"(x = """a"""")",
        R"(x = """a""""")", R"(x = '''a''''')", R"(x = """""")", R"(x = """a\"""")", R"(x = """"a""")",
        R"(x = '''''a''')", R"(x = "open)", R"(x = 'open)", "# '", "# \"\"\""}) {
    CHECK_MESSAGE(found(text + "\ny" + deep).ends_with(": values are nested more than 16 levels deep"), text);
  }
}

}  // namespace
}  // namespace orderd::settings
