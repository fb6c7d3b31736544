// Strings: their quotes, unescaped characters, and bytes.
#include "payloads/table.h"

namespace orderd::test {

using namespace std::string_literals;

Payloads string_payloads() {
  return {
      bad("n_string_accentuated_char_no_quotes", "[\xC3\xA9]"),
      bad("n_string_backslash_00", "[\"\\\0\"]"s),
      bad("n_string_escaped_ctrl_char_tab", "[\"\\\t\"]"),
      bad("n_string_escaped_emoji", "[\"\\\xF0\x9F\x91\x9F\"]"),
      bad("n_string_invalid-utf-8-in-escape", "[\"\\u\xE5\"]"),
      bad("n_string_invalid_utf8_after_escape", "[\"\\\xE5\"]"),
      text("n_string_single_doublequote", "\"", kNotJson),
      bad("n_string_single_quote", "['in single quotes']"),
      text("n_string_single_string_no_double_quotes", "shoe", kNotJson),
      bad("n_string_unescaped_ctrl_char", "[\"r\0d\"]"s),
      bad("n_string_unescaped_newline", "[\"two\nlines\"]"),
      bad("n_string_unescaped_tab", "[\"\t\"]"),
      bad("n_string_with_trailing_garbage", R"(""x)"),

      good("y_string_comments", R"(["r/*e*/d/*b//l"])"),
      good("y_string_in_array", R"(["red"])"),
      good("y_string_in_array_with_leading_space", R"([ "red"])"),
      good("y_string_nonCharacterInUTF-8_U+10FFFF", "[\"\xF4\x8F\xBF\xBF\"]"),
      good("y_string_nonCharacterInUTF-8_U+FFFF", "[\"\xEF\xBF\xBF\"]"),
      good("y_string_pi", "[\"\xCF\x80\"]"),
      good("y_string_reservedCharacterInUTF-8_U+1BFFF", "[\"\xF0\x9B\xBF\xBF\"]"),
      good("y_string_simple_ascii", R"(["red "])"),
      good("y_string_space", R"(" ")"),
      good("y_string_u+2028_line_sep", "[\"\xE2\x80\xA8\"]"),
      good("y_string_u+2029_par_sep", "[\"\xE2\x80\xA9\"]"),
      good("y_string_unescaped_char_delete", "[\"\x7F\"]"),
      good("y_string_unicode_2", "[\"\xE9\x9E\x8B\xE2\x8D\x82\xE9\x9E\x8B\"]"),
      good("y_string_utf8", "[\"\xE2\x82\xAC\xF0\x9F\x91\x9F\"]"),
      good("y_string_with_del_character",
           "[\"r\x7F"
           "d\"]"),
  };
}

}  // namespace orderd::test
