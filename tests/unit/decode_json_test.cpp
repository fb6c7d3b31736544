// The members of a request in JSON. Which text is valid JSON is in payload_table_test.cpp.
#include <doctest/doctest.h>

#include "decoding.h"

namespace orderd::order {
namespace {

// A valid request in JSON, but this member has this value, which is JSON too.
Decoded decode_member(const std::string& name, const std::string& value, const Limits& limits = {}) {
  std::string json;
  for (const auto& [each, usual] :
       Rows{{"id", R"("o-1")"}, {"customer", R"("c-7")"}, {"sku", R"("shoe")"}, {"quantity", "3"}}) {
    json += (json.empty() ? "{\"" : ",\"") + each + "\":" + (each == name ? value : usual);
  }
  return decode_json(json + "}", limits);
}

TEST_CASE("the order of members does not matter and unknown ones are ignored") {
  const Decoded plain = decode_json(R"({"id":"o-1","customer":"c-7","sku":"shoe","quantity":3})");
  CHECK(names_of(plain) == "o-1/c-7");
  CHECK(lines_of(plain) == "shoe=3");
  const Decoded decoded = decode_json(
      R"({"note":{"id":"x","sku":1},"quantity":3,"order":"x","ID":"y","sku":"shoe","note":[],"":0,"id":"o-1","Customer":7})");
  CHECK(names_of(decoded) == "o-1/");
  CHECK(lines_of(decoded) == "shoe=3");
  const Decoded escaped = decode_json(R"({"\u0069d":"o-1","s\u006bu":"sh\u006fe","quantity":3})");
  CHECK(names_of(escaped) == "o-1/");
  CHECK(lines_of(escaped) == "shoe=3");
  const Decoded several =
      decode_items(R"([{"sku":"shoe","quantity":1},{"quantity":2,"sku":"sock"},{"sku":"a","quantity":3}])");
  CHECK(names_of(several) == "o-1/c-7");
  CHECK(lines_of(several) == "shoe=1 sock=2 a=3");
  CHECK(lines_of(decode_items(
            R"([{"sku":"shoe","colour":"red","id":1,"items":2,"customer":3,"quantity":1,"colour":0}])")) == "shoe=1");
}

TEST_CASE("a member that is given more than once, is missing or excludes another one is named") {
  const std::string items = R"("items":[{"sku":"a","quantity":1}])";
  const struct {
    std::string members;
    std::string_view detail;
    std::string_view names = "o-1/";
  } rows[] = {
      {R"("id":"o-1","customer":"c-7","sku":"shoe","quantity":3,"id":"o-2")", "id is given more than once", "/c-7"},
      {R"("id":"o-1","\u0069d":"o-1","sku":"shoe","quantity":3)", "id is given more than once", "/"},
      {R"("id":"o-1","id":null,"sku":"shoe","quantity":3)", "id is given more than once", "/"},
      {R"("customer":"c-7","id":"o-1","sku":"shoe","quantity":3,"customer":"c-7")", "customer is given more than once"},
      {R"("id":"o-1","sku":"shoe","quantity":3,"sku":"shoe")", "sku is given more than once"},
      {R"("id":"o-1","quantity":3,"sku":"shoe","quantity":3)", "quantity is given more than once"},
      {R"("id":"o-1","items":[],)" + items, "items is given more than once"},
      {R"("id":"o-1","sku":"shoe","quantity":3,"items":null,"items":null)", "items is given more than once"},
      {R"("id":"o-1","items":[{"sku":"a","quantity":1},{"sku":"a","quantity":1,"sku":"b"}])",
       "items[1].sku is given more than once"},
      {R"("id":"o-1","items":[{"sku":"a","quantity":1,"quantity":1}])", "items[0].quantity is given more than once"},
      {"", "id is missing", "/"},
      {R"("customer":"","id":"","sku":"shoe","quantity":1)", "id is empty", "/"},
      {R"("sku":"shoe","quantity":3)", "id is missing", "/"},
      {R"("id\u0000":"o-1","sku":"shoe","quantity":3)", "id is missing", "/"},
      {R"("id":"o-1","quantity":3)", "sku is missing"},
      {R"("id":"o-1","sku":"shoe")", "quantity is missing"},
      {R"("id":"o-1")", "sku is missing: an order has sku and quantity, or items"},
      {R"("id":"o-1","items":[{"sku":"a","quantity":1},{"quantity":1}])", "items[1].sku is missing"},
      {R"("id":"o-1","items":[{"sku":"a","quantity":1},{"sku":"b"}])", "items[1].quantity is missing"},
      {R"("id":"o-1","items":[{}])", "items[0].sku is missing"},
      {R"("id":"o-1","sku":"a",)" + items, "items and sku are both given: an order has one or the other"},
      {R"("id":"o-1","sku":"a","quantity":1,"items":[])",
       "items and sku are both given: an order has one or the other"},
      {R"("id":"o-1","quantity":1,)" + items, "items and quantity are both given: an order has one or the other"},
  };
  for (const auto& [members, detail, names] : rows) {
    const std::string json = "{" + members + "}";
    const Decoded decoded = decode_json(json);
    CHECK_MESSAGE(decoded.detail == detail, json);
    CHECK_MESSAGE(names_of(decoded) == names, json);
  }
  // null counts as absent.
  CHECK(decode_json(R"({"id":"o-1","sku":null,"quantity":null,)" + items + "}").good);
  CHECK(decode_json(R"({"id":"o-1","sku":"a","quantity":1,"items":null})").good);
  CHECK_FALSE(decode_json(R"({"id":"o-1","sku":"a","quantity":1,"items":null,"items":null})").good);
}

TEST_CASE("names are strings") {
  for (const std::string value : {"null", "1", "-1", "1.5", "true", "false", "[]", "{}", R"(["a"])", R"({"a":"b"})"}) {
    CAPTURE(value);
    const Decoded id = decode_member("id", value);
    CHECK(id.detail.starts_with("id has to be a string, not "));
    CHECK(names_of(id) == (value == "1" || value == "-1" ? value : "") + "/c-7");
    const Decoded customer = decode_member("customer", value);
    CHECK(customer.good == (value == "null"));  // an optional member that is null counts as absent
    if (!customer.good) CHECK(customer.detail.starts_with("customer has to be a string, not "));
    CHECK(names_of(customer) == "o-1/");
    CHECK(decode_member("sku", value).detail.starts_with("sku has to be a string, not "));
    CHECK(decode_items(R"([{"quantity":3,"sku":)" + value + "}]")
              .detail.starts_with("items[0].sku has to be a string, not "));
  }
}

TEST_CASE("an integer of 64 bits is not a valid ID, but is returned to help find the result") {
  for (const std::string id : {"0", "-9223372036854775808", "9223372036854775807", "18446744073709551615"}) {
    CHECK(names_of(decode_member("id", id)) == id + "/c-7");
    // Another number is too large for the parser.
    CHECK(names_of(decode_json(R"({"x":[1e999],"id":)" + id + "}")) == id + "/");
  }
  for (const std::string id : {"-9223372036854775809", "18446744073709551616", "1e3", "1.0"}) {
    CHECK(names_of(decode_member("id", id)) == "/c-7");
  }
}

TEST_CASE("names are checked after unescaping") {
  const auto decode = [](const std::string& member, const std::string& text) {
    if (member == "items[0].sku") return decode_items(R"([{"quantity":3,"sku":")" + text + "\"}]");
    return decode_member(member, "\"" + text + "\"");
  };
  std::string escaped;
  for (int i = 0; i < 128; ++i) escaped += "\\u0078";
  for (const std::string member : {"id", "customer", "sku", "items[0].sku"}) {
    CAPTURE(member);
    CHECK(decode(member, escaped).good);
    CHECK_FALSE(decode(member, escaped + "\\u0078").good);
    CHECK_FALSE(decode(member, "a\\u0000b").good);
    CHECK(decode(member, "").detail == member + " is empty");
    const bool sku = member.ends_with("sku");
    for (const std::string text : {"a b", "\\u2003", "\\u007b"}) CHECK(decode(member, text).good == !sku);
  }
  CHECK(decode("id", "\\ud83d\\udc5f").request.id == "👟");
  CHECK(decode("id", R"(a\"b\\c\/d)").request.id == R"(a"b\c/d)");
  CHECK(lines_of(decode("sku", "Gr\\u00f6\\u00dfe")) == "Größe=3");
  CHECK(decode("items[0].sku", "a{b").detail == R"(items[0].sku "a{b" contains a brace)");
  CHECK(decode("id", "\\u0007").detail == R"(id "\x07" contains a control character)");
}

TEST_CASE("a quantity is a JSON integer from 1 to the largest allowed") {
  const auto detail = [](const std::string& quantity) { return decode_member("quantity", quantity).detail; };
  const std::string behind = " is not a whole number from 1 to 1000000";
  for (const std::string good : {"1", "3", "10", "999999", "1000000"}) {
    CHECK(lines_of(decode_member("quantity", good)) == "shoe=" + good);
  }
  for (const std::string bad : {"0", "-1", "1000001", "9007199254740992", "9223372036854775807", "9223372036854775808",
                                "18446744073709551615", "-9223372036854775808"}) {
    CHECK(detail(bad) == "quantity: " + bad + behind);
  }
  CHECK(detail("-0") == "quantity: 0" + behind);
  for (const std::string bad : {"3.0", "3e0", "3E+2", "0.5", "1e3", "18446744073709551616", "-9223372036854775809",
                                "123456789012345678901234567890", "1e400", "-1e400", "1.5e999", "0.0", "-0.0"}) {
    CHECK_MESSAGE(
        detail(bad) == "quantity: a number with a point, an exponent or more than 18 digits (send 3, not 3.0)" + behind,
        bad);
  }
  for (const auto& [bad, kind] : Rows{{"\"3\"", "a string (send 3, not \"3\")"},
                                      {"true", "a boolean"},
                                      {"null", "null"},
                                      {"[3]", "an array"},
                                      {"{}", "an object"}}) {
    CHECK(detail(bad) == "quantity has to be a JSON integer, not " + kind);
  }
}

TEST_CASE("the largest quantity is a setting and applies to each line") {
  const Limits five = {.max_quantity = 5};
  CHECK(decode_member("quantity", "5", five).good);
  CHECK(decode_member("quantity", "6", five).detail == "quantity: 6 is not a whole number from 1 to 5");
  const Limits largest = {.max_quantity = kMaxWhole};
  CHECK(lines_of(decode_member("quantity", "9007199254740991", largest)) == "shoe=9007199254740991");
  CHECK_FALSE(decode_member("quantity", "9007199254740992", largest).good);
  CHECK(lines_of(decode_items(R"([{"sku":"a","quantity":5},{"sku":"a","quantity":5}])", five)) == "a=10");
  CHECK(decode_items(R"([{"sku":"a","quantity":5},{"sku":"b","quantity":6}])", five).detail ==
        "items[1].quantity: 6 is not a whole number from 1 to 5");
}

}  // namespace
}  // namespace orderd::order
