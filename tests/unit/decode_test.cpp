// The shape of an entry, and its flat form.
#include "order/decode.h"

#include <doctest/doctest.h>

#include <tuple>

#include "decoding.h"

namespace orderd::order {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

constexpr std::string_view kJson = R"({"id":"o-1","sku":"shoe","quantity":3})";
const Fields kFlat = {"id", "o-1", "customer", "c-7", "sku", "shoe", "quantity", "3"};

// kFlat, but `field` has this value.
Decoded decode_flat(std::string_view field, std::string_view value, const Limits& limits = {}) {
  Fields fields = kFlat;
  *(std::find(fields.begin(), fields.end(), field) + 1) = value;
  return decode_entry(fields, limits);
}

TEST_CASE("an entry has one form") {
  CHECK(decode_entry({"order", kJson}).good);
  CHECK(decode_entry(kFlat).good);
  for (const std::string_view field : {"id", "customer", "sku", "quantity", "reply_to"}) {
    const std::string expected = "order and " + std::string(field) + " are both given";
    CHECK(decode_entry({"order", kJson, field, "o-1"}).detail.starts_with(expected));
    CHECK(decode_entry({field, "o-1", "order", kJson}).detail.starts_with(expected));
    CHECK(decode_entry({field, "", "order", ""}).detail.starts_with(expected));
  }
  for (const Fields& neither : {Fields{},
                                {"", ""},
                                {"Order", kJson},
                                {"orders", kJson, "items", "1", "ID", "o-1"},
                                {"items", "[]"},
                                {"order\0"sv, kJson, "id\0"sv, "o-1", "\0"sv, "\xFF"}}) {
    CHECK(decode_entry(neither).detail ==
          "order is missing: an entry has the field order, which holds JSON, or the fields id, sku and quantity");
  }
}

TEST_CASE("fields are read in any order, the customer is optional, and unknown fields are ignored") {
  const Decoded flat = decode_entry({"trace", "\xFF", "quantity", "3", "items", "[", "sku", "shoe", "Quantity", "9",
                                     "customer", "c-7", "id", "o-1", "trace", "", "", ""});
  CHECK(names_of(flat) == "o-1/c-7");
  CHECK(lines_of(flat) == "shoe=3");
  CHECK(names_of(decode_entry({"id", "o-1", "sku", "shoe", "quantity", "3"})) == "o-1/");
  const Decoded json = decode_entry({"trace", "\xFF\x00", "trace", "", "", "", "order", kJson, "items", "1"});
  CHECK(names_of(json) == "o-1/");
  CHECK(lines_of(json) == "shoe=3");
}

TEST_CASE("a malformed entry has a detail, and the ID and the customer that can be read") {
  const std::tuple<Fields, std::string, std::string> rows[] = {
      {{"order", kJson, "order", kJson}, "order is given more than once", "/"},
      {{"sku", "shoe", "quantity", "3"}, "id is missing", "/"},
      {{"id", "o-1", "quantity", "3"}, "sku is missing", "o-1/"},
      {{"id", "o-1", "sku", "shoe"}, "quantity is missing", "o-1/"},
      {{"customer", "c-7"}, "id is missing", "/c-7"},
      {{"id", "", "customer", "c-7", "sku", "shoe", "quantity", "1"}, "id is empty", "/c-7"},
      {{"id", "a\n", "customer", "", "sku", "", "quantity", ""}, R"(id "a\x0a" contains a control character)", "/"},
  };
  for (const auto& [fields, detail, names] : rows) {
    const Decoded decoded = decode_entry(fields);
    CHECK(decoded.detail == detail);
    CHECK_MESSAGE(names_of(decoded) == names, decoded.detail);
  }
}

TEST_CASE("an entry has at most 64 KiB of names and values") {
  const auto filled = [](std::string_view name, std::size_t bytes) {
    const std::string value(bytes, 'x');
    return decode_entry({"id", "o-1", "sku", "shoe", "quantity", "100", name, value});
  };
  constexpr std::size_t kRest = kMaxEntryBytes - std::string_view("ido-1skushoequantity100fill").size();
  CHECK(filled("fill", kRest).good);
  const Decoded over = filled("fills", kRest);
  CHECK(over.detail == "entry: 65537 bytes are more than the 65536 that an entry may have");
  CHECK(names_of(over) == "/");
  std::string json(kJson);
  json.insert(json.size() - 1, kMaxEntryBytes - 5 - json.size(), ' ');
  CHECK(lines_of(decode_json(json)) == "shoe=3");
  CHECK(decode_json(json + " ").detail.starts_with("entry: 65537 bytes"));
  CHECK(decode_json(std::string(1 << 20, '[')).detail.starts_with("entry: 1048581 bytes"));
}

TEST_CASE("a flat field twice is malformed even with the same value") {
  for (std::size_t i = 0; i < kFlat.size(); i += 2) {
    Fields twice = kFlat;
    twice.insert(twice.end(), {kFlat[i], kFlat[i + 1]});
    const Decoded decoded = decode_entry(twice);
    CHECK(decoded.detail == std::string(kFlat[i]) + " is given more than once");
    CHECK(decoded.request.id == (kFlat[i] == "id" ? "" : "o-1"));
    CHECK(decoded.request.customer == (kFlat[i] == "customer" ? "" : "c-7"));
  }
}

TEST_CASE("a flat quantity is decimal digits only, up to the largest allowed") {
  for (const std::string good : {"1", "9", "10", "42", "999999", "1000000"}) {
    CHECK(lines_of(decode_flat("quantity", good)) == "shoe=" + good);
  }
  for (const std::string_view bad : {""sv, "0"sv, "01"sv, "-1"sv, "+3"sv, " 3"sv, "3 "sv, "3.0"sv, "3e0"sv, "3\0"sv,
                                     ":"sv, "/"sv, "1000001"sv, "18446744073709551617"sv}) {
    CAPTURE(bad);
    const Decoded decoded = decode_flat("quantity", bad);
    CHECK(decoded.detail.starts_with("quantity: \""));
    CHECK(names_of(decoded) == "o-1/c-7");
  }
  CHECK(decode_flat("quantity", "5", {.max_quantity = 5}).good);
  CHECK(decode_flat("quantity", "6", {.max_quantity = 5}).detail ==
        "quantity: \"6\" is not a whole number from 1 to 5");
  const Limits largest = {.max_quantity = kMaxWhole};
  CHECK(lines_of(decode_flat("quantity", "9007199254740991", largest)) == "shoe=9007199254740991");
  CHECK_FALSE(decode_flat("quantity", "9007199254740992", largest).good);
}

TEST_CASE("flat names are checked") {
  for (const std::string field : {"id", "customer", "sku"}) {
    CAPTURE(field);
    CHECK(decode_flat(field, std::string(128, 'x')).good);
    CHECK_FALSE(decode_flat(field, std::string(129, 'x')).good);
    CHECK(decode_flat(field, "").detail == field + " is empty");
    CHECK(decode_flat(field, "a b").good == (field != "sku"));
  }
  CHECK(names_of(decode_flat("customer", "")) == "o-1/");
  CHECK(decode_flat("id", "\xFF").detail == R"(id "\xff" is not valid UTF-8)");
  CHECK(decode_flat("sku", "a b").detail == R"(sku "a b" contains white space)");
  CHECK(decode_flat("sku", "a\tb").detail == R"(sku "a\x09b" contains a control character)");
  CHECK(decode_flat("sku", "a{b").detail == R"(sku "a{b" contains a brace)");
}

TEST_CASE("reply_to is optional, follows the rules of an ID, and is returned if readable") {
  CHECK(decode_entry(kFlat).request.reply_to.empty());
  CHECK(decode_json(R"({"reply_to":null,"id":"o-1","sku":"shoe","quantity":3})").good);
  // Each with the beginning of its detail and its reply_to.
  const std::tuple<Decoded, std::string_view, std::string_view> rows[] = {
      {decode_entry({"reply_to", "shop-1", "id", "o-1", "sku", "shoe", "quantity", "3"}), "", "shop-1"},
      {decode_json(R"({"reply_to":"shop-1","id":"o-1","sku":"shoe","quantity":3})"), "", "shop-1"},
      {decode_entry({"reply_to", "", "id", "o-1", "sku", "shoe", "quantity", "3"}), "reply_to is empty", ""},
      {decode_json(R"({"reply_to":5,"id":"o-1","sku":"shoe","quantity":3})"),
       "reply_to has to be a string, not a number", ""},
      {decode_json(R"({"reply_to":"a","id":"o-1","sku":"shoe","quantity":3,"reply_to":"b"})"),
       "reply_to is given more than once", ""},
      {decode_entry({"reply_to", "shop-1", "id", "", "sku", "shoe", "quantity", "0"}), "id is empty", "shop-1"},
      {decode_json(R"({"reply_to":"shop-1","customer":"","id":"o-1","sku":"shoe"})"), "customer is empty", "shop-1"},
      {decode_entry({"reply_to", "shop-1", "order", kJson}), "order and reply_to are both given", "shop-1"},
      {decode_entry({"reply_to", "shop-1", "id", "o-1", "fill", std::string(70'000, 'x')}), "entry: ", "shop-1"},
      {decode_entry({"reply_to", "shop-1"}), "id is missing", "shop-1"},
  };
  for (const auto& [decoded, detail, reply_to] : rows) {
    CHECK(decoded.good == detail.empty());
    CHECK(decoded.detail.substr(0, detail.size()) == std::string(detail));
    CHECK(decoded.request.reply_to == reply_to);
  }
  CHECK(decode_entry({"reply_to", "", "id", "o-1", "sku", "shoe", "quantity", "3"}).request.id == "o-1");
}

TEST_CASE("a detail quotes at most 40 bytes") {
  for (const auto& [quantity, quoted] : Rows{{std::string(40, 'x'), std::string(40, 'x')},
                                             {std::string(41, 'x'), std::string(40, 'x') + "…"},
                                             {std::string(39, 'x') + "ü", std::string(39, 'x') + "…"},
                                             {std::string(38, 'x') + "ü", std::string(38, 'x') + "ü"},
                                             {std::string(37, 'x') + "👟!", std::string(37, 'x') + "…"},
                                             {"üxßy靴zࠀa👟b𐀀c", "üxßy靴zࠀa👟b𐀀c"},
                                             {R"(a"b\c)", R"(a\"b\\c)"},
                                             {"\n\x7F\x1B[0m\0"s, R"(\x0a\x7f\x1b[0m\x00)"},
                                             {"\xC2\x9B\xC2\xA0", "\\xc2\\x9b\xC2\xA0"},
                                             {"\xC3", R"(\xc3)"},
                                             {"\x80\xF0\x9F\x91", R"(\x80\xf0\x9f\x91)"},
                                             {"\xED\xA0\x80ü", R"(\xed\xa0\x80ü)"}}) {
    CHECK(decode_flat("quantity", quantity).detail ==
          "quantity: \"" + quoted + "\" is not a whole number from 1 to 1000000");
  }
}

}  // namespace
}  // namespace orderd::order
