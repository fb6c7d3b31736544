// The whole text: no value at all, text around a value, unbalanced brackets, nesting, white space.
#include "payloads/table.h"

namespace orderd::test {
namespace {

using namespace std::string_literals;

std::string repeated(const std::string& piece, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += piece;
  return all;
}

// Larger than the limit of an entry.
constexpr const char* kTooLarge = "entry: ";

Payloads broken() {
  return {
      text("n_single_space", " ", kNotJson),
      text("n_structure_100000_opening_arrays", std::string(100'000, '['), kTooLarge),
      bad("n_structure_U+2060_word_joined", "[\xE2\x81\xA0]"),
      text("n_structure_UTF8_BOM_no_data", "\xEF\xBB\xBF", kNotJson),
      text("n_structure_angle_bracket_.", "<.>", kNotJson),
      bad("n_structure_angle_bracket_null", "[<null>]"),
      bad("n_structure_array_trailing_garbage", "[5]x"),
      bad("n_structure_array_with_extra_array_close", "[5]]"),
      text("n_structure_array_with_unclosed_string", R"(["red])", kNotJson),
      text("n_structure_ascii-unicode-identifier", "o\xC3\xA5", kNotJson),
      bad("n_structure_capitalized_True", "[True]"),
      text("n_structure_close_unopened_array", "5]", kNotJson),
      text("n_structure_comma_instead_of_closing_brace", R"({"id":"o-1","sku":"shoe","quantity":1,)", kNotJson),
      bad("n_structure_double_array", "[][]"),
      text("n_structure_end_array", "]", kNotJson),
      text("n_structure_incomplete_UTF8_BOM", "\xEF\xBB{}", kNotJson),
      text("n_structure_lone-invalid-utf-8", "\xE5", kNotJson),
      text("n_structure_lone-open-bracket", "[", kNotJson),
      text("n_structure_no_data", "", kNotJson),
      bad("n_structure_null-byte-outside-string", "[\0]"s),
      text("n_structure_number_with_trailing_garbage", "5@", kNotJson),
      text("n_structure_object_followed_by_closing_object", R"({"id":"o-1","sku":"shoe","quantity":1}})", kNotJson),
      text("n_structure_object_unclosed_no_value", R"({"id":"o-1","":)", kNotJson),
      text("n_structure_object_with_comment", R"({"id":/*why*/"o-1","sku":"shoe","quantity":1})", kNotJson),
      text("n_structure_object_with_trailing_garbage", R"({"id":"o-1","sku":"shoe","quantity":1} "x")", kNotJson),
      text("n_structure_open_array_apostrophe", "['", kNotJson),
      text("n_structure_open_array_comma", "[,", kNotJson),
      text("n_structure_open_array_object", repeated(R"([{"":)", 50'000) + "\n", kTooLarge),
      text("n_structure_open_array_open_object", "[{", kNotJson),
      text("n_structure_open_array_open_string", R"(["r)", kNotJson),
      text("n_structure_open_array_string", R"(["r")", kNotJson),
      text("n_structure_open_object", "{", kNotJson),
      text("n_structure_open_object_close_array", "{]", kNotJson),
      text("n_structure_open_object_comma", "{,", kNotJson),
      text("n_structure_open_object_open_array", "{[", kNotJson),
      text("n_structure_open_object_open_string", R"({"id)", kNotJson),
      text("n_structure_open_object_string_with_apostrophes", "{'id'", kNotJson),
      text("n_structure_open_open", repeated(R"(["\{)", 4), kNotJson),
      text("n_structure_single_eacute", "\xE9", kNotJson),
      text("n_structure_single_star", "*", kNotJson),
      text("n_structure_trailing_#", R"({"id":"o-1","sku":"shoe","quantity":1}#{})", kNotJson),
      bad("n_structure_uescaped_LF_before_string", R"([\u000A"red"])"),
      text("n_structure_unclosed_array", "[5", kNotJson),
      text("n_structure_unclosed_array_partial_null", "[ true, nu", kNotJson),
      text("n_structure_unclosed_array_unfinished_false", "[ null, fal", kNotJson),
      text("n_structure_unclosed_array_unfinished_true", "[ null, tr", kNotJson),
      text("n_structure_unclosed_object", R"({"id":"o-1","sku":"shoe","quantity":1)", kNotJson),
      text("n_structure_unicode-identifier", "\xC3\xA5", kNotJson),
      bad("n_structure_whitespace_U+2060_word_joiner", " [\xE2\x81\xA0] "),
      bad("n_structure_whitespace_formfeed", "[\x0C]"),
  };
}

Payloads whole() {
  return {
      text("y_structure_lonely_false", "false", kNoObject),
      text("y_structure_lonely_int", "57", kNoObject),
      text("y_structure_lonely_negative_real", "-0.5", kNoObject),
      text("y_structure_lonely_null", "null", kNoObject),
      text("y_structure_lonely_string", R"("red")", kNoObject),
      text("y_structure_lonely_true", "true", kNoObject),
      text("y_structure_string_empty", R"("")", kNoObject),
      text("y_structure_trailing_newline",
           "{\"id\":\"y_structure_trailing_newline\",\"sku\":\"shoe\",\"quantity\":1}\n", ""),
      good("y_structure_true_in_array", "[true]"),
      text("y_structure_whitespace_array", " [] ", kNoObject),
  };
}

}  // namespace

Payloads structure_payloads() {
  Payloads all = broken();
  for (Payload& payload : whole()) all.push_back(std::move(payload));
  // Below the limit of an entry, so that the parser itself must refuse them; and what it must accept.
  all.push_back(text("60000 opening arrays", std::string(60'000, '['), kNotJson));
  all.push_back(text("arrays and objects opened 12000 times", repeated(R"([{"":)", 12'000), kNotJson));
  all.push_back(good("nested 1000 deep", std::string(1000, '[') + std::string(1000, ']')));
  all.push_back(bad("nested 1100 deep", std::string(1100, '[') + std::string(1100, ']')));
  all.push_back(bad("objects nested 1100 deep", repeated(R"({"a":)", 1100) + "5" + std::string(1100, '}')));
  return all;
}

}  // namespace orderd::test
