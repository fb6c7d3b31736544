// Objects: keys, colons, commas, and text after one.
#include "payloads/table.h"

namespace orderd::test {
namespace {

// A complete valid order, followed by something.
Payload behind(std::string name, const std::string& rest) {
  return text(std::move(name), R"({"id":"o-1","sku":"shoe","quantity":1})" + rest, kNotJson);
}

}  // namespace

Payloads object_payloads() {
  return {
      bad("n_object_bad_value", R"(["red", trust])"),
      bad("n_object_bracket_key", "{[: \"red\"}\n"),
      text("n_object_comma_instead_of_colon", R"({"id", "o-1"})", kNotJson),
      text("n_object_double_colon", R"({"id"::"o-1"})", kNotJson),
      bad("n_object_emoji", "{\xF0\x9F\x91\x9F}"),
      text("n_object_garbage_at_end", R"({"id":"o-1","sku":"shoe","quantity":1 23})", kNotJson),
      text("n_object_key_with_single_quotes", "{id: 'o-1'}", kNotJson),
      bad("n_object_lone_continuation_byte_in_key_and_trailing_comma", "{\"\xB9\":\"5\",}"),
      text("n_object_missing_colon", R"({"id" o})", kNotJson),
      text("n_object_missing_key", R"({:"o-1"})", kNotJson),
      text("n_object_missing_semicolon", R"({"id" "o-1"})", kNotJson),
      text("n_object_missing_value", R"({"id":)", kNotJson),
      text("n_object_no-colon", R"({"id")", kNotJson),
      bad("n_object_non_string_key", "{5:5}"),
      bad("n_object_non_string_key_but_huge_number_instead", "{7777E7777:5}"),
      bad("n_object_repeated_null_null", "{null:null,null:null}"),
      text("n_object_several_trailing_commas", R"({"id":"o-1","sku":"shoe","quantity":1,,,,,})", kNotJson),
      text("n_object_single_quote", "{'id':5}", kNotJson),
      text("n_object_trailing_comma", R"({"id":"o-1","sku":"shoe","quantity":1,})", kNotJson),
      behind("n_object_trailing_comment", "/**/"),
      behind("n_object_trailing_comment_open", "/**//"),
      behind("n_object_trailing_comment_slash_open", "//"),
      behind("n_object_trailing_comment_slash_open_incomplete", "/"),
      text("n_object_two_commas_in_a_row", R"({"id":"o-1",,"sku":"shoe","quantity":1})", kNotJson),
      text("n_object_unquoted_key", R"({id: "o-1","sku":"shoe","quantity":1})", kNotJson),
      text("n_object_unterminated-value", R"({"id":"o-1)", kNotJson),
      text("n_object_with_single_string", R"({ "id" : "o-1", "sku" })", kNotJson),
      behind("n_object_with_trailing_garbage", "#"),

      text("y_object", R"({"id":"y_object", "sku":"shoe", "quantity":1, "red":"blue"})", ""),
      good("y_object_basic", R"({"red":"blue"})"),
      good("y_object_duplicated_key", R"({"red":"blue","red":"green"})"),
      good("y_object_duplicated_key_and_value", R"({"red":"blue","red":"blue"})"),
      text("y_object_empty", "{}", "id is missing"),
      good("y_object_empty_key", R"({"":5})"),
      good("y_object_escaped_null_in_key", R"({"red\u0000blue": 5})"),
      good("y_object_extreme_numbers", R"({ "least": -7.0e+27, "most": 7.0e+27 })"),
      text("y_object_long_strings",
           R"({"id":")" + std::string(40, 'y') + R"(","sku":"shoe","quantity":1,"x":[{"id":")" + std::string(40, 'x') +
               "\"}]}",
           ""),
      good("y_object_simple", R"({"red":[]})"),
      good("y_object_string_unicode", R"({"title":"\u0422\u0443\u0444\u043b\u044f"})"),
      text("y_object_with_newlines", "{\n\"id\": \"y_object_with_newlines\",\n\"sku\": \"shoe\",\n\"quantity\": 1\n}",
           ""),
  };
}

}  // namespace orderd::test
