#include "order/name_rules.h"

#include <doctest/doctest.h>

#include <string>

#include "support/text_rules.h"

namespace orderd::order {
namespace {

using namespace std::string_literals;

// Empty if the text is valid.
std::string id(const std::string& text) {
  const char* const problem = problem_of_id(text);
  return problem == nullptr ? "" : problem;
}
std::string sku(const std::string& text) {
  const char* const problem = problem_of_sku(text);
  return problem == nullptr ? "" : problem;
}

std::string utf8(char32_t code_point) {
  const auto byte = [&](unsigned lead, unsigned shift, unsigned mask) {
    return static_cast<char>(lead | ((static_cast<unsigned>(code_point) >> shift) & mask));
  };
  if (code_point < 0x80) return {byte(0, 0, 0x7F)};
  if (code_point < 0x800) return {byte(0xC0, 6, 0x1F), byte(0x80, 0, 0x3F)};
  if (code_point < 0x10000) return {byte(0xE0, 12, 0x0F), byte(0x80, 6, 0x3F), byte(0x80, 0, 0x3F)};
  return {byte(0xF0, 18, 0x07), byte(0x80, 12, 0x3F), byte(0x80, 6, 0x3F), byte(0x80, 0, 0x3F)};
}

TEST_CASE("a name has 1 to 128 bytes, not characters") {
  std::string text;
  for (int i = 0; i < 64; ++i) text += "ü";
  for (const auto& problem : {id, sku}) {
    CHECK(problem("") == "is empty");
    CHECK(problem("a") == "");
    CHECK(problem(std::string(128, 'a')) == "");
    CHECK(problem(std::string(129, 'a')) == "is longer than 128 bytes");
    CHECK(problem(std::string(1 << 20, ' ')) == "is longer than 128 bytes");
    CHECK(problem(text) == "");
    CHECK(problem(text + "a") == "is longer than 128 bytes");
  }
}

TEST_CASE("every code point is treated according to its Unicode class") {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    // Beyond the first plane no rule applies: a sample is enough.
    if (c > 0x10000 && c % 251 != 0) continue;
    const std::string text = "a" + utf8(c) + "z";
    const std::string of_id = test::is_control(c) ? "contains a control character" : "";
    const std::string of_sku = test::is_space(c) && !test::is_control(c) ? "contains white space"
                               : c == '{' || c == '}'                    ? "contains a brace"
                                                                         : of_id;
    if (id(text) != of_id || sku(text) != of_sku) FAIL("U+", static_cast<unsigned>(c), ": ", id(text), ", ", sku(text));
  }
}

TEST_CASE("a forbidden character is found anywhere") {
  for (const std::string& bad : {" "s, "\0"s, "\x7F"s, "{"s, "}"s, utf8(0x9F), utf8(0xA0), utf8(0x3000), "\xFF"s}) {
    for (const std::size_t at : {0U, 1U, 31U, 32U, 63U, 64U, 100U}) {
      std::string text(100, 'x');
      text.insert(at, bad);
      CHECK(!sku(text).empty());
    }
  }
}

TEST_CASE("a forbidden character is found after characters of every length") {
  for (const char32_t before :
       {U'a', U'\u00A1', U'\u07FF', U'\u0800', U'\uD7FF', U'\uE000', U'\uFFFF', U'\U00010000', U'\U0010FFFF'}) {
    const std::string text = utf8(before);
    CHECK(sku(text + text) == "");
    CHECK(sku(text + utf8(0xA0)) == "contains white space");
    CHECK(sku(text + text + utf8(0x3000) + text) == "contains white space");
    CHECK(id(text + utf8(0x9F)) == "contains a control character");
  }
}

TEST_CASE("the worst of several problems is reported") {
  CHECK(sku("{ \x01") == "contains a control character");
  CHECK(sku("{ ") == "contains white space");
  CHECK(sku("{ \x01\xFF") == "is not valid UTF-8");
}

TEST_CASE("text that is not UTF-8 is refused") {
  for (const std::string text : {// A continuation byte alone, cut off, no continuation:
                                 "\x80", "\xC3", "\xC3(",
                                 // Overlong; a surrogate, a pair of them; beyond U+10FFFF; five bytes; no UTF-8:
                                 "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xED\xB0\x80", "\xED\xA0\xBD\xED\xB8\x80",
                                 "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "\xFE", "\xFF"}) {
    CHECK(id(text) == "is not valid UTF-8");
    CHECK(sku("shoe" + text) == "is not valid UTF-8");
    CHECK(sku(std::string(120, 'x') + text) == "is not valid UTF-8");
  }
}

}  // namespace
}  // namespace orderd::order
