// The members of a request in JSON. Which text is valid JSON is in decode_json_text_test.cpp.
#include <doctest/doctest.h>

#include "decoding.h"

namespace orderd::order {
namespace {

using namespace std::string_literals;

Decoded decode_quantity(const std::string& quantity, uint64_t max_quantity = 1'000'000) {
  return decode_json(R"({"id":"o-1","sku":"shoe","quantity":)" + quantity + "}", {.max_quantity = max_quantity});
}

TEST_CASE("a request of one line is read") {
  const Decoded decoded = decode_json(R"({"id":"o-1","customer":"c-7","sku":"shoe","quantity":3})");
  CHECK(decoded.good);
  CHECK(names_of(decoded) == "o-1/c-7");
  CHECK(lines_of(decoded) == "shoe=3");
}

TEST_CASE("a request of several lines is read in their order") {
  const Decoded decoded =
      decode_items(R"([{"sku":"shoe","quantity":1},{"quantity":2,"sku":"sock"},{"sku":"a","quantity":3}])");
  CHECK(decoded.good);
  CHECK(names_of(decoded) == "o-1/c-7");
  CHECK(lines_of(decoded) == "shoe=1 sock=2 a=3");
}

TEST_CASE("the order of members does not matter and unknown ones are ignored") {
  const Decoded decoded = decode_json(
      R"({"note":{"id":"x","sku":1},"quantity":3,"order":"x","ID":"y","sku":"shoe","note":[],"":0,"id":"o-1","Customer":7})");
  CHECK(names_of(decoded) == "o-1/");
  CHECK(lines_of(decoded) == "shoe=3");
  CHECK(lines_of(decode_items(
            R"([{"sku":"shoe","colour":"red","id":1,"items":2,"customer":3,"quantity":1,"colour":0}])")) == "shoe=1");
}

TEST_CASE("names of members are compared after unescaping") {
  const Decoded decoded = decode_json(R"({"\u0069d":"o-1","s\u006bu":"sh\u006fe","quantity":3})");
  CHECK(decoded.request.id == "o-1");
  CHECK(lines_of(decoded) == "shoe=3");
  CHECK(decode_json(R"({"id":"o-1","\u0069d":"o-1","sku":"shoe","quantity":3})").detail ==
        "id is given more than once");
  CHECK(decode_json(R"({"id\u0000":"o-1","sku":"shoe","quantity":3})").detail == "id is missing");
}

TEST_CASE("a known member can be given only once") {
  const auto twice = [](const std::string& members) {
    const Decoded decoded = decode_json("{" + members + "}");
    CHECK_FALSE(decoded.good);
    return decoded;
  };
  const Decoded id = twice(R"("id":"o-1","customer":"c-7","sku":"shoe","quantity":3,"id":"o-2")");
  CHECK(id.detail == "id is given more than once");
  CHECK(names_of(id) == "/c-7");
  const Decoded customer = twice(R"("customer":"c-7","id":"o-1","sku":"shoe","quantity":3,"customer":"c-7")");
  CHECK(customer.detail == "customer is given more than once");
  CHECK(names_of(customer) == "o-1/");
  CHECK(twice(R"("id":"o-1","sku":"shoe","quantity":3,"sku":"shoe")").detail == "sku is given more than once");
  CHECK(twice(R"("id":"o-1","quantity":3,"sku":"shoe","quantity":3)").detail == "quantity is given more than once");
  CHECK(twice(R"("id":"o-1","items":[{"sku":"a","quantity":1}],"items":[])").detail == "items is given more than once");
  CHECK(twice(R"("id":"o-1","id":null,"sku":"shoe","quantity":3)").request.id.empty());
  CHECK(twice(R"("id":"o-1","items":[{"sku":"a","quantity":1},{"sku":"a","quantity":1,"sku":"b"}])").detail ==
        "items[1].sku is given more than once");
  CHECK(twice(R"("id":"o-1","items":[{"sku":"a","quantity":1,"quantity":1}])").detail ==
        "items[0].quantity is given more than once");
}

TEST_CASE("a member that is missing is named") {
  CHECK(decode_json("{}").detail == "id is missing");
  CHECK(decode_json(R"({"sku":"shoe","quantity":3})").detail == "id is missing");
  CHECK(decode_json(R"({"id":"o-1","quantity":3})").detail == "sku is missing");
  CHECK(decode_json(R"({"id":"o-1","sku":"shoe"})").detail == "quantity is missing");
  CHECK(decode_json(R"({"id":"o-1"})").detail == "sku is missing: an order has sku and quantity, or items");
  CHECK(decode_items(R"([{"sku":"a","quantity":1},{"quantity":1}])").detail == "items[1].sku is missing");
  CHECK(decode_items(R"([{"sku":"a","quantity":1},{"sku":"b"}])").detail == "items[1].quantity is missing");
  CHECK(decode_items("[{}]").detail == "items[0].sku is missing");
}

TEST_CASE("items and sku exclude each other") {
  const std::string items = R"("items":[{"sku":"a","quantity":1}])";
  CHECK(decode_json(R"({"id":"o-1",)" + items + "}").good);
  CHECK(decode_json(R"({"id":"o-1","sku":"a","quantity":1,)" + items + "}").detail ==
        "items and sku are both given: an order has one or the other");
  CHECK(decode_json(R"({"id":"o-1","sku":"a",)" + items + "}").request.id == "o-1");
  CHECK(decode_json(R"({"id":"o-1","sku":null,"quantity":null,)" + items + "}").good);  // null counts as absent
  CHECK(decode_json(R"({"id":"o-1","quantity":1,)" + items + "}").detail ==
        "items and quantity are both given: an order has one or the other");
  CHECK(decode_json(R"({"id":"o-1","sku":"a","quantity":1,"items":null})").good);
  CHECK_FALSE(decode_json(R"({"id":"o-1","sku":"a","quantity":1,"items":null,"items":null})").good);
  CHECK_FALSE(decode_json(R"({"id":"o-1","sku":"a","quantity":1,"items":[]})").good);
}

TEST_CASE("the text has to be an object") {
  CHECK(decode_json("[]").detail == "order has to be a JSON object, not an array");
  CHECK(decode_json("null").detail == "order has to be a JSON object, not null");
  CHECK(decode_json("3").detail == "order has to be a JSON object, not a number");
  CHECK(decode_json("1e400").detail == "order has to be a JSON object, not a number");
  CHECK(decode_json("3.5").detail == "order has to be a JSON object, not a number");
  CHECK(decode_json("true").detail == "order has to be a JSON object, not a boolean");
  CHECK(decode_json(R"("{}")").detail == "order has to be a JSON object, not a string");
  CHECK_FALSE(decode_json(R"([{"id":"o-1","sku":"shoe","quantity":3}])").good);
}

TEST_CASE("names are strings") {
  for (const std::string value : {"null", "1", "-1", "1.5", "true", "false", "[]", "{}", R"(["a"])", R"({"a":"b"})"}) {
    const Decoded id = decode_json(R"({"id":)" + value + R"(,"customer":"c-7","sku":"shoe","quantity":3})");
    CHECK(starts_with(id.detail, "id has to be a string, not "));
    // An integer is not a valid ID, but is returned to help find the result.
    CHECK(id.request.id == (value == "1" || value == "-1" ? value : ""));
    CHECK(id.request.customer == "c-7");
    const Decoded customer = decode_json(R"({"id":"o-1","customer":)" + value + R"(,"sku":"shoe","quantity":3})");
    CHECK(customer.good == (value == "null"));  // an optional member that is null counts as absent
    if (!customer.good) CHECK(starts_with(customer.detail, "customer has to be a string, not "));
    CHECK(names_of(customer) == "o-1/");
    const Decoded sku = decode_json(R"({"id":"o-1","sku":)" + value + R"(,"quantity":3})");
    CHECK(starts_with(sku.detail, "sku has to be a string, not "));
    CHECK(starts_with(decode_items(R"([{"quantity":3,"sku":)" + value + "}]").detail,
                      "items[0].sku has to be a string, not "));
  }
}

TEST_CASE("names are checked after unescaping") {
  const auto id = [](const std::string& text) {
    return decode_json(R"({"sku":"shoe","quantity":3,"id":")" + text + "\"}");
  };
  const auto customer = [](const std::string& text) {
    return decode_json(R"({"id":"o-1","sku":"shoe","quantity":3,"customer":")" + text + "\"}");
  };
  const auto sku = [](const std::string& text) {
    return decode_json(R"({"id":"o-1","quantity":3,"sku":")" + text + "\"}");
  };
  const auto item = [](const std::string& text) { return decode_items(R"([{"quantity":3,"sku":")" + text + "\"}]"); };
  for (const auto& decode : {+id, +customer, +sku, +item}) {
    CHECK(decode("a").good);
    CHECK(decode(std::string(128, 'x')).good);
    CHECK_FALSE(decode(std::string(129, 'x')).good);
    CHECK_FALSE(decode("").good);
    std::string escaped;
    for (int i = 0; i < 128; ++i) escaped += "\\u0078";
    CHECK(decode(escaped).good);
    CHECK_FALSE(decode(escaped + "\\u0078").good);
    for (const char* bad : {"\\u0000", "a\\u0000b", "\\n", "\\t", "\\b", "\\u001f", "\\u007f", "\\u0080", "\\u0085",
                            "\\u009F", "\x7F", "\xC2\x80", "\\ud800", "\\udc00", "\\udc00\\ud800", "\\ud83dx",
                            "\\ud83d\\u0041", "\\udfff!", "\\ud800\\ud800"}) {
      CAPTURE(bad);
      CHECK_FALSE(decode(bad).good);
    }
    for (const char* good :
         {"\\ud83d\\udc5f", "\\u9774", "靴👟", "\\\"", "\\\\", "\\/", "\\u00ff", "\\uffff", "\\ue000"}) {
      CAPTURE(good);
      CHECK(decode(good).good);
    }
  }
  CHECK(id("\\ud83d\\udc5f").request.id == "👟");
  CHECK(id(R"(a\"b\\c\/d)").request.id == R"(a"b\c/d)");
  CHECK(lines_of(sku("Gr\\u00f6\\u00dfe")) == "Größe=3");
  CHECK(id("a b{c}\\u2003").good);
  CHECK(customer("a b{c}\\u2003").good);
  for (const char* bad : {" ", "a b", "\\u0020", "\\u00a0", "\\u2003", "\\u3000", "{", "}", "\\u007b", "\\u007d"}) {
    CAPTURE(bad);
    CHECK_FALSE(sku(bad).good);
    CHECK_FALSE(item(bad).good);
  }
  CHECK(sku("a b").detail == R"(sku "a b" contains white space)");
  CHECK(item("a{b").detail == R"(items[0].sku "a{b" contains a brace)");
  CHECK(item("").detail == "items[0].sku is empty");
  CHECK(id("\\u0007").detail == R"(id "\x07" contains a control character)");
}

TEST_CASE("a malformed request has the id and the customer that can be read") {
  const Decoded both = decode_json(R"({"customer":"c-7","id":"o-1","sku":"shoe","quantity":0})");
  CHECK(names_of(both) == "o-1/c-7");
  CHECK(decode_items("7").request.id == "o-1");
  CHECK(decode_items("[]").request.customer == "c-7");
  const Decoded neither = decode_json(R"({"customer":"","id":"","sku":"shoe","quantity":1})");
  CHECK(neither.detail == "id is empty");
  CHECK(names_of(neither) == "/");
  // Not JSON: none of it is returned.
  CHECK(decode_json(R"({"id":"o-1","customer":"c-7","sku":"shoe","quantity":0)").request.id.empty());
}

TEST_CASE("a quantity is a JSON integer from 1 to the largest allowed") {
  for (const std::string good : {"1", "3", "10", "999999", "1000000"}) {
    CHECK(lines_of(decode_quantity(good)) == "shoe=" + good);
  }
  const auto detail = [](const std::string& quantity) { return decode_quantity(quantity).detail; };
  const std::string behind = " is not a whole number from 1 to 1000000";
  for (const std::string bad : {"0", "-1", "1000001", "9007199254740992", "9223372036854775807", "9223372036854775808",
                                "18446744073709551615", "-9223372036854775808"}) {
    CHECK(detail(bad) == "quantity: " + bad + behind);
  }
  CHECK(detail("-0") == "quantity: 0" + behind);
  for (const std::string bad : {"3.0", "3e0", "3E+2", "0.5", "1e3", "18446744073709551616", "-9223372036854775809",
                                "123456789012345678901234567890", "1e400", "-1e400", "1.5e999", "0.0", "-0.0"}) {
    CHECK(detail(bad) ==
          "quantity: a number with a point, an exponent or more than 18 digits (send 3, not 3.0)" + behind);
    CHECK(decode_quantity(bad).request.id == "o-1");
  }
  CHECK(detail("\"3\"") == "quantity has to be a JSON integer, not a string (send 3, not \"3\")");
  CHECK(detail("true") == "quantity has to be a JSON integer, not a boolean");
  CHECK(detail("null") == "quantity has to be a JSON integer, not null");
  CHECK(detail("[3]") == "quantity has to be a JSON integer, not an array");
  CHECK(detail("{}") == "quantity has to be a JSON integer, not an object");
  for (const std::string bad :
       {"03", "+3", "0x3", "3.", ".3", "1_000", "three", "NaN", "Infinity", "", "-", "3 4", "--3"}) {
    CHECK(starts_with(detail(bad), "order is not valid JSON: "));
  }
}

TEST_CASE("the largest quantity is a setting and applies to each line") {
  CHECK(decode_quantity("5", 5).good);
  CHECK(decode_quantity("6", 5).detail == "quantity: 6 is not a whole number from 1 to 5");
  CHECK(decode_quantity("1", 1).good);
  CHECK_FALSE(decode_quantity("2", 1).good);
  CHECK(lines_of(decode_quantity("9007199254740991", kMaxWhole)) == "shoe=9007199254740991");
  CHECK_FALSE(decode_quantity("9007199254740992", kMaxWhole).good);
  const Limits limits = {.max_quantity = 5};
  CHECK(lines_of(decode_items(R"([{"sku":"a","quantity":5},{"sku":"a","quantity":5}])", limits)) == "a=10");
  CHECK(decode_items(R"([{"sku":"a","quantity":5},{"sku":"b","quantity":6}])", limits).detail ==
        "items[1].quantity: 6 is not a whole number from 1 to 5");
}

}  // namespace
}  // namespace orderd::order
