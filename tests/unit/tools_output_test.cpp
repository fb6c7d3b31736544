// What orderctl and order-replay print for people.
#include <doctest/doctest.h>

#include <chrono>
#include <utility>

#include "shared/options.h"
#include "shared/output.h"
#include "shared/table.h"

namespace orderd::tools {
namespace {

using namespace std::string_literals;
using Align = Table::Align;

TEST_CASE("characters that cannot be seen or turn the text are shown by their numbers") {
  CHECK(shown("a\u200Bb") == "a\\u{200B}b");
  CHECK(shown("\u202Ea\u202C\u2066\u2069\u061C") == "\\u{202E}a\\u{202C}\\u{2066}\\u{2069}\\u{61C}");
  CHECK(shown("\uFEFF\u00AD\u2060\u3164\U000E0041") == "\\u{FEFF}\\u{AD}\\u{2060}\\u{3164}\\u{E0041}");
  CHECK(shown("\u0085\u2028") == "\\u{85}\\u{2028}");
  CHECK(shown("Schuh größe 42 靴 👟") == "Schuh größe 42 靴 👟");
}

TEST_CASE("control characters and bytes that are not UTF-8 are shown in hex") {
  CHECK(shown("a\0\x1b[2J\n\x7f"s) == "a\\x00\\x1b[2J\\x0a\\x7f");
  CHECK(shown("\xff\xc0\xaf \xed\xa0\x80 \xf4\x90\x80\x80 \xe2\x80") ==
        "\\xff\\xc0\\xaf \\xed\\xa0\\x80 \\xf4\\x90\\x80\\x80 \\xe2\\x80");
}

TEST_CASE("a duration is shown in the unit that suits it") {
  using namespace std::chrono_literals;
  const std::pair<std::chrono::nanoseconds, const char*> cases[] = {
      {0ns, "0 ms"},   {250us, "250 us"}, {4250us, "4.25 ms"}, {340ms, "340 ms"}, {999'700us, "1.0 s"},
      {30s, "30.0 s"}, {3min, "3 min"},   {150min, "2.5 h"},   {288h, "12 days"}};
  for (const auto& [time, text] : cases) CHECK(duration_text(time) == text);
}

TEST_CASE("a duration is read as the settings have it, up to a year") {
  using namespace std::chrono_literals;
  CHECK(duration_of("8760h") == 8760h);
  CHECK(!duration_of("8761h"));
  CHECK(!duration_of("1.5s"));
}

std::string table(std::optional<std::size_t> width) {
  Table table({{"ID", Align::kLeft, 12}, {"COUNT", Align::kRight, 8}, {"WHAT"}}, width);
  table.add({{"17-0"}, {"5"}, {"insufficient stock of a long shoe, no stock of a hat"}});
  table.add({{"18-0"}, {"12"}, {""}});
  return table.take();
}

TEST_CASE("a table is as wide as its texts, or its last column is broken between words, or columns go on below") {
  CHECK(table({}) ==
        "ID               COUNT  WHAT\n"
        "17-0                 5  insufficient stock of a long shoe, no stock of a hat\n"
        "18-0                12\n");
  CHECK(table(48) ==
        "ID               COUNT  WHAT\n"
        "17-0                 5  insufficient stock of a\n"
        "                        long shoe, no stock of a\n"
        "                        hat\n"
        "18-0                12\n");
  CHECK(table(40) ==
        "ID               COUNT\n"
        "    WHAT\n"
        "17-0                 5\n"
        "    insufficient stock of a long shoe,\n"
        "    no stock of a hat\n"
        "18-0                12\n");
  CHECK(table(20) ==
        "ID\n"
        "       COUNT\n"
        "    WHAT\n"
        "17-0\n"
        "           5\n"
        "    insufficient\n"
        "    stock of a long\n"
        "    shoe, no stock\n"
        "    of a hat\n"
        "18-0\n"
        "          12\n");
}

TEST_CASE("a word that is longer than the line is broken and nothing of it is lost") {
  Table table({{"ID"}}, 20);
  table.add({{"größer-als-die-zeile-ist"}});
  CHECK(table.take() == "ID\ngrößer-als-die-zeile\n-ist\n");
}

TEST_CASE("a page whose columns are folded in another way has its own headings") {
  Table table({{"ID"}, {"REQUEST"}}, 40);
  table.add({{"1"}, {"2"}});
  CHECK(table.take() == "ID  REQUEST\n1   2\n");
  table.add({{"3"}, {"4"}});
  CHECK(table.take() == "3   4\n");
  table.add({{std::string(38, 'x')}, {"5"}});
  CHECK(table.take() == "ID\n    REQUEST\n" + std::string(38, 'x') + "\n    5\n");
}

}  // namespace
}  // namespace orderd::tools
