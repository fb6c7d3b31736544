// Cases where RFC 8259 leaves the choice to the reader. table.h describes our policy.
#include "payloads/table.h"

namespace orderd::test {

using namespace std::string_literals;

Payloads choice_payloads() {
  return {
      good("i_number_double_huge_neg_exp", "[567.567e-777]"),
      good("i_number_huge_exp", "[0.5e00" + std::string(80, '7') + "]"),
      good("i_number_neg_int_huge_exp", "[-5e+7777]"),
      good("i_number_pos_double_huge_exp", "[5.6e+7777]"),
      good("i_number_real_neg_overflow", "[-567567e100001]"),
      good("i_number_real_pos_overflow", "[567567e100001]"),
      good("i_number_real_underflow", "[567e-10000001]"),
      good("i_number_too_big_neg_int", "[-567567567567567567567567567567]"),
      good("i_number_too_big_pos_int", "[567000000000000000000]"),
      good("i_number_very_big_negative_int", "[-" + std::string(48, '5') + "]"),
      bad("i_object_key_lone_2nd_surrogate", R"({"\uDC5F":5})"),
      bad("i_string_1st_surrogate_but_2nd_missing", R"(["\uD83D"])"),
      bad("i_string_1st_valid_surrogate_2nd_invalid", R"(["\uD83D\u5678"])"),
      text("i_string_UTF-16LE_with_BOM", "\xFF\xFE{\0\"\0\xE9\0\"\0:\0\x35\0}\0"s, kNotJson),
      bad("i_string_UTF-8_invalid_sequence", "[\"\xE9\x9E\x8B\xD1\x88\xFA\"]"),
      bad("i_string_UTF8_surrogate_U+D800", "[\"\xED\xA0\x80\"]"),
      bad("i_string_incomplete_surrogate_and_escape_valid", R"(["\uD83D\t"])"),
      bad("i_string_incomplete_surrogate_pair", R"(["\uDc5fa"])"),
      bad("i_string_incomplete_surrogates_escape_valid", R"(["\uD83D\uD83D\t"])"),
      bad("i_string_invalid_lonely_surrogate", R"(["\ud83d"])"),
      bad("i_string_invalid_surrogate", R"(["\ud83dred"])"),
      bad("i_string_invalid_utf-8", "[\"\xFF\"]"),
      bad("i_string_inverted_surrogates_U+1D11E", R"(["\uDc5f\uD83D"])"),
      bad("i_string_iso_latin_1", "[\"\xE9\"]"),
      bad("i_string_lone_second_surrogate", R"(["\uDC5F"])"),
      bad("i_string_lone_utf8_continuation_byte", "[\"\x81\"]"),
      bad("i_string_not_in_unicode_range", "[\"\xF4\xBF\xBF\xBF\"]"),
      bad("i_string_overlong_sequence_2_bytes", "[\"\xC0\xAF\"]"),
      bad("i_string_overlong_sequence_6_bytes", "[\"\xFC\x83\xBF\xBF\xBF\xBF\"]"),
      bad("i_string_overlong_sequence_6_bytes_null", "[\"\xFC\x80\x80\x80\x80\x80\"]"),
      bad("i_string_truncated-utf-8", "[\"\xE0\xFF\"]"),
      text("i_string_utf16BE_no_BOM", "\0{\0\"\0\xE9\0\"\0:\0\x35\0}"s, kNotJson),
      text("i_string_utf16LE_no_BOM", "{\0\"\0\xE9\0\"\0:\0\x35\0}\0"s, kNotJson),
      good("i_structure_500_nested_arrays", std::string(500, '[') + std::string(500, ']')),
      text("i_structure_UTF-8_BOM_empty_object", "\xEF\xBB\xBF{}", kNotJson),
  };
}

}  // namespace orderd::test
