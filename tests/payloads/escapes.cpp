// Escapes in strings.
#include "payloads/table.h"

namespace orderd::test {

Payloads escape_payloads() {
  return {
      bad("n_string_1_surrogate_then_escape", R"(["\uD83D\"])"),
      bad("n_string_1_surrogate_then_escape_u", R"(["\uD83D\u"])"),
      bad("n_string_1_surrogate_then_escape_u1", R"(["\uD83D\u1"])"),
      bad("n_string_1_surrogate_then_escape_u1x", R"(["\uD83D\u1x"])"),
      bad("n_string_escape_x", R"(["\x41"])"),
      bad("n_string_escaped_backslash_bad", R"(["\\\"])"),
      bad("n_string_incomplete_escape", R"(["\"])"),
      bad("n_string_incomplete_escaped_character", R"(["\u00B"])"),
      bad("n_string_incomplete_surrogate", R"(["\uD83D\uDc"])"),
      bad("n_string_incomplete_surrogate_escape_invalid", R"(["\uD83D\uD83D\x"])"),
      bad("n_string_invalid_backslash_esc", R"(["\o"])"),
      bad("n_string_invalid_unicode_escape", R"(["\uwxyz"])"),
      bad("n_string_leading_uescaped_thinspace", R"([\u0020"red"])"),
      bad("n_string_no_quotes_with_bad_escape", R"([\t])"),
      text("n_string_start_escape_unclosed", R"({"id":"\)", kNotJson),
      bad("n_string_unicode_CapitalU", R"("\UA66E")"),

      good("y_string_1_2_3_bytes_UTF-8_sequences", R"(["\u0061\u012b\u12AC"])"),
      good("y_string_accepted_surrogate_pair", R"(["\uD83D\uDC5f"])"),
      good("y_string_accepted_surrogate_pairs", R"(["\ud83d\udc5f\ud83d\udc60"])"),
      good("y_string_allowed_escapes", R"(["\t\r\n\f\b\/\\\""])"),
      good("y_string_backslash_and_u_escaped_zero", R"(["\\u0000 "])"),
      good("y_string_backslash_doublequotes", R"(["\" "])"),
      good("y_string_double_escape_a", R"(["\\a "])"),
      good("y_string_double_escape_n", R"(["\\n "])"),
      good("y_string_escaped_control_character", R"(["\u0011"])"),
      good("y_string_escaped_noncharacter", R"(["\uFFFF "])"),
      good("y_string_last_surrogates_1_and_2", R"(["\uDBFF\uDFFF "])"),
      good("y_string_nbsp_uescaped", R"(["two\u00A0words"])"),
      good("y_string_null_escape", R"(["\u0000 "])"),
      good("y_string_one-byte-utf-8", R"(["\u002d"])"),
      good("y_string_surrogates_U+1D11E_MUSICAL_SYMBOL_G_CLEF", R"(["\uD834\uDd1e "])"),
      good("y_string_three-byte-utf-8", R"(["\u0822"])"),
      good("y_string_two-byte-utf-8", R"(["\u0124"])"),
      good("y_string_uEscape", R"(["\u0062\u30af\u30EA\u30ba"])"),
      good("y_string_uescaped_newline", R"(["two\u000Alines"])"),
      good("y_string_unicode", R"(["\uA66E"])"),
      good("y_string_unicodeEscapedBackslash", R"(["\u005C "])"),
      good("y_string_unicode_U+10FFFE_nonchar", R"(["\uDBFF\uDFFE "])"),
      good("y_string_unicode_U+1FFFE_nonchar", R"(["\uD83F\uDFFE "])"),
      good("y_string_unicode_U+200B_ZERO_WIDTH_SPACE", R"(["\u200B "])"),
      good("y_string_unicode_U+2064_invisible_plus", R"(["\u2064 "])"),
      good("y_string_unicode_U+FDD0_nonchar", R"(["\uFDD0 "])"),
      good("y_string_unicode_U+FFFE_nonchar", R"(["\uFFFE "])"),
      good("y_string_unicode_escaped_double_quote", R"(["\u0022 "])"),
  };
}

}  // namespace orderd::test
