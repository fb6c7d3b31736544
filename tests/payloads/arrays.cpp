// Arrays, and the words null, true and false in them.
#include "payloads/table.h"

namespace orderd::test {

Payloads array_payloads() {
  return {
      bad("n_array_1_true_without_comma", "[5 false]"),
      bad("n_array_a_invalid_utf8", "[k\xE5]"),
      bad("n_array_colon_instead_of_comma", R"(["red": 2])"),
      bad("n_array_comma_after_close", R"(["red"],)"),
      bad("n_array_comma_and_number", "[,5]"),
      bad("n_array_double_comma", "[5,,6]"),
      bad("n_array_double_extra_comma", R"(["red",,])"),
      bad("n_array_extra_close", R"(["red"]])"),
      bad("n_array_extra_comma", R"(["red",])"),
      text("n_array_incomplete", R"(["red")", kNotJson),
      text("n_array_incomplete_invalid_value", "[r", kNotJson),
      bad("n_array_inner_array_no_comma", "[5[6]]"),
      bad("n_array_invalid_utf8", "[\xFF]"),
      bad("n_array_items_separated_by_semicolon", "[5:6]"),
      bad("n_array_just_comma", "[,]"),
      bad("n_array_just_minus", "[-]"),
      bad("n_array_missing_value", R"([  , "red"])"),
      text("n_array_newlines_unclosed", "[\"red\",\n6\n,7,", kNotJson),
      bad("n_array_number_and_comma", "[5,]"),
      bad("n_array_number_and_several_commas", "[5,,]"),
      bad("n_array_spaces_vertical_tab_formfeed", "[\"\x0Bred\"\\f]"),
      bad("n_array_star_inside", "[*]"),
      text("n_array_unclosed", R"({"id":"o-1","sku":"shoe","quantity":1,"more":["")", kNotJson),
      text("n_array_unclosed_trailing_comma", R"({"id":"o-1","sku":"shoe","quantity":1,"more":[5,)", kNotJson),
      text("n_array_unclosed_with_new_lines", "{\"id\":\"o-1\",\"more\":[5,\n6\n,7", kNotJson),
      text("n_array_unclosed_with_object_inside", R"({"id":"o-1","items":[{})", kNotJson),
      bad("n_incomplete_false", "[fal]"),
      bad("n_incomplete_null", "[nu]"),
      bad("n_incomplete_true", "[tr]"),

      good("y_array_arraysWithSpaces", "[[ ]  ]"),
      good("y_array_empty", "[]"),
      good("y_array_empty-string", R"([""])"),
      text("y_array_ending_with_newline", "[\"red\"]\n", kNoObject),
      good("y_array_false", "[false]"),
      good("y_array_heterogeneous", R"([null,5,"5",{}])"),
      good("y_array_null", "[null]"),
      good("y_array_with_1_and_newline", "[5\n]"),
      good("y_array_with_leading_space", " [5]"),
      good("y_array_with_several_null", "[5,null,null,null,6]"),
      good("y_array_with_trailing_space", "[5] "),
  };
}

}  // namespace orderd::test
