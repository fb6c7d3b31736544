// The shape of an entry, and its flat form.
#include "order/decode.h"

#include <doctest/doctest.h>

#include "decoding.h"

namespace orderd::order {
namespace {

using namespace std::string_literals;

constexpr std::string_view kJson = R"({"id":"o-1","sku":"shoe","quantity":3})";

Decoded decode_quantity(std::string_view quantity, uint64_t max_quantity = 1'000'000) {
  return decode_entry({"id", "o-1", "sku", "shoe", "quantity", quantity}, {.max_quantity = max_quantity});
}

TEST_CASE("an entry has one form") {
  CHECK(decode_entry({"order", kJson}).good);
  CHECK(decode_entry({"id", "o-1", "sku", "shoe", "quantity", "3"}).good);
  for (const std::string_view field : {"id", "customer", "sku", "quantity", "reply_to"}) {
    const std::string expected = "order and " + std::string(field) + " are both given";
    CHECK(starts_with(decode_entry({"order", kJson, field, "o-1"}).detail, expected));
    CHECK(starts_with(decode_entry({field, "o-1", "order", kJson}).detail, expected));
    CHECK(starts_with(decode_entry({field, "", "order", ""}).detail, expected));
  }
}

TEST_CASE("an entry of neither form is malformed and says what is expected") {
  const std::string expected =
      "order is missing: an entry has the field order, which holds JSON, or the fields id, sku and quantity";
  CHECK(decode_entry({}).detail == expected);
  CHECK(decode_entry({"", ""}).detail == expected);
  CHECK(decode_entry({"Order", kJson}).detail == expected);
  CHECK(decode_entry({"orders", kJson, "items", "1", "ID", "o-1"}).detail == expected);
  CHECK(decode_entry({"items", "[]"}).detail == expected);
  CHECK(decode_entry({"order\0"s, kJson, "id\0"s, "o-1", "\0"s, "\xFF"}).detail == expected);
}

TEST_CASE("the field order twice is malformed") {
  const Decoded decoded = decode_entry({"order", kJson, "order", kJson});
  CHECK(decoded.detail == "order is given more than once");
  CHECK(decoded.request.id.empty());
}

TEST_CASE("unknown fields are ignored whatever they contain") {
  const Decoded json = decode_entry({"trace", "\xFF\x00", "trace", "", "", "", "order", kJson, "items", "1"});
  CHECK(json.request.id == "o-1");
  CHECK(lines_of(json) == "shoe=3");
  const Decoded flat = decode_entry({"trace", "\xFF", "id", "o-1", "items", "[", "sku", "shoe", "Quantity", "9",
                                     "quantity", "3", "trace", "", "", ""});
  CHECK(flat.request.id == "o-1");
  CHECK(lines_of(flat) == "shoe=3");
}

TEST_CASE("an entry has at most 64 KiB of names and values") {
  const auto filled = [](std::string_view name, std::size_t bytes) {
    const std::string value(bytes, 'x');
    return decode_entry({"id", "o-1", "sku", "shoe", "quantity", "100", name, value});
  };
  constexpr std::size_t kRest = kMaxEntryBytes - std::string_view("ido-1skushoequantity100fill").size();
  CHECK(filled("fill", kRest).good);
  CHECK_FALSE(filled("fill", kRest + 1).good);
  const Decoded over = filled("fills", kRest);
  CHECK(over.detail == "entry: 65537 bytes are more than the 65536 that an entry may have");
  CHECK(names_of(over) == "/");
}

TEST_CASE("JSON of the largest entry size is accepted") {
  std::string json(kJson);
  json.insert(json.size() - 1, kMaxEntryBytes - 5 - json.size(), ' ');
  CHECK(5 + json.size() == kMaxEntryBytes);
  CHECK(lines_of(decode_json(json)) == "shoe=3");
  CHECK(starts_with(decode_json(json + " ").detail, "entry: 65537 bytes"));
  CHECK(starts_with(decode_json(std::string(1 << 20, '[')).detail, "entry: 1048581 bytes"));
}

TEST_CASE("a flat request is read in any order of its fields") {
  const Decoded decoded = decode_entry({"quantity", "3", "sku", "shoe", "customer", "c-7", "id", "o-1"});
  CHECK(decoded.good);
  CHECK(names_of(decoded) == "o-1/c-7");
  CHECK(lines_of(decoded) == "shoe=3");
}

TEST_CASE("a flat request needs id and sku and quantity but no customer") {
  const Decoded decoded = decode_entry({"id", "o-1", "sku", "shoe", "quantity", "3"});
  CHECK(decoded.good);
  CHECK(decoded.request.customer.empty());
  CHECK(decode_entry({"sku", "shoe", "quantity", "3"}).detail == "id is missing");
  CHECK(decode_entry({"id", "o-1", "quantity", "3"}).detail == "sku is missing");
  CHECK(decode_entry({"id", "o-1", "sku", "shoe"}).detail == "quantity is missing");
  CHECK(decode_entry({"customer", "c-7"}).detail == "id is missing");
}

TEST_CASE("a flat field twice is malformed even with the same value") {
  const Fields good = {"id", "o-1", "customer", "c-7", "sku", "shoe", "quantity", "3"};
  CHECK(decode_entry(good).good);
  for (std::size_t i = 0; i < good.size(); i += 2) {
    Fields twice = good;
    twice.push_back(good[i]);
    twice.push_back(good[i + 1]);
    const Decoded decoded = decode_entry(twice);
    CHECK(decoded.detail == std::string(good[i]) + " is given more than once");
    CHECK(decoded.request.id == (good[i] == "id" ? "" : "o-1"));
    CHECK(decoded.request.customer == (good[i] == "customer" ? "" : "c-7"));
  }
}

TEST_CASE("a flat quantity is decimal digits only") {
  for (const std::string_view good : {"1", "9", "10", "42", "999999", "1000000"}) {
    CHECK(lines_of(decode_quantity(good)) == "shoe=" + std::string(good));
  }
  const auto check_refused = [](std::initializer_list<std::string_view> texts) {
    for (const std::string_view bad : texts) {
      CAPTURE(bad);
      const Decoded decoded = decode_quantity(bad);
      CHECK_FALSE(decoded.good);
      CHECK(starts_with(decoded.detail, "quantity: \""));
      CHECK(decoded.request.id == "o-1");
    }
  };
  check_refused({"",    "0",   "00", "01",      "007", "-1",    "-0",   "+3",    " 3",    "3 ",
                 "3\n", "3.0", "3.", ".3",      "3e0", "1e1",   "0x10", "1_000", "1,000", "three",
                 "nan", "inf", "٣",  "1000001", "3;",  "\"3\"", "3-",   ":",     "/"});
  check_refused({"9007199254740992", "18446744073709551615", "18446744073709551616", "18446744073709551617",
                 "340282366920938463463374607431768211457"});
  CHECK_FALSE(decode_quantity(std::string_view("3\0", 2)).good);
  CHECK(decode_quantity("007").detail == "quantity: \"007\" is not a whole number from 1 to 1000000");
}

TEST_CASE("the largest flat quantity is a setting") {
  CHECK(decode_quantity("5", 5).good);
  CHECK(decode_quantity("6", 5).detail == "quantity: \"6\" is not a whole number from 1 to 5");
  CHECK(decode_quantity("1", 1).good);
  CHECK_FALSE(decode_quantity("2", 1).good);
  CHECK(lines_of(decode_quantity("9007199254740991", kMaxWhole)) == "shoe=9007199254740991");
  CHECK_FALSE(decode_quantity("9007199254740992", kMaxWhole).good);
}

TEST_CASE("flat names are checked") {
  const auto id = [](std::string_view text) { return decode_entry({"id", text, "sku", "shoe", "quantity", "3"}); };
  const auto customer = [](std::string_view text) {
    return decode_entry({"id", "o-1", "customer", text, "sku", "shoe", "quantity", "3"});
  };
  const auto sku = [](std::string_view text) { return decode_entry({"id", "o-1", "sku", text, "quantity", "3"}); };
  for (const auto& decode : {+id, +customer, +sku}) {
    CHECK(decode(std::string(128, 'x')).good);
    CHECK_FALSE(decode(std::string(129, 'x')).good);
    CHECK_FALSE(decode("").good);
    CHECK_FALSE(decode("a\x01"s).good);
    CHECK_FALSE(decode("a\0b"s).good);
    CHECK_FALSE(decode("\xFF").good);
    CHECK(decode("靴👟").good);
  }
  CHECK(id("a b{c}").good);
  CHECK(customer("a b{c}").good);
  CHECK(id("").detail == "id is empty");
  CHECK(customer("").detail == "customer is empty");
  CHECK(customer("").request.id == "o-1");
  CHECK(id("\xFF").detail == R"(id "\xff" is not valid UTF-8)");
  CHECK(sku("a b").detail == R"(sku "a b" contains white space)");
  CHECK(sku("a\tb").detail == R"(sku "a\x09b" contains a control character)");
  CHECK(sku("a{b").detail == R"(sku "a{b" contains a brace)");
}

TEST_CASE("a malformed flat request has the id and the customer that can be read") {
  const Decoded both = decode_entry({"id", "o-1", "customer", "c-7", "sku", "shoe", "quantity", "0"});
  CHECK(names_of(both) == "o-1/c-7");
  const Decoded customer = decode_entry({"id", "", "customer", "c-7", "sku", "shoe", "quantity", "1"});
  CHECK(names_of(customer) == "/c-7");
  CHECK(customer.detail == "id is empty");
  const Decoded neither = decode_entry({"id", "a\n", "customer", "", "sku", "", "quantity", ""});
  CHECK(names_of(neither) == "/");
  CHECK(starts_with(neither.detail, "id "));
}

TEST_CASE("reply_to is optional, follows the rules of an ID, and is returned if readable") {
  const Decoded flat = decode_entry({"reply_to", "shop-1", "id", "o-1", "sku", "shoe", "quantity", "3"});
  CHECK(flat.good);
  CHECK(flat.request.reply_to == "shop-1");
  CHECK(decode_entry({"id", "o-1", "sku", "shoe", "quantity", "3"}).request.reply_to.empty());
  const Decoded json = decode_json(R"({"reply_to":"shop-1","id":"o-1","sku":"shoe","quantity":3})");
  CHECK(json.good);
  CHECK(json.request.reply_to == "shop-1");
  CHECK(decode_json(R"({"reply_to":null,"id":"o-1","sku":"shoe","quantity":3})").good);

  const Decoded empty = decode_entry({"reply_to", "", "id", "o-1", "sku", "shoe", "quantity", "3"});
  CHECK(empty.detail == "reply_to is empty");
  CHECK(empty.request.id == "o-1");
  CHECK(empty.request.reply_to.empty());
  CHECK(decode_json(R"({"reply_to":5,"id":"o-1","sku":"shoe","quantity":3})").detail ==
        "reply_to has to be a string, not a number");
  const Decoded twice = decode_json(R"({"reply_to":"a","id":"o-1","sku":"shoe","quantity":3,"reply_to":"b"})");
  CHECK(twice.detail == "reply_to is given more than once");
  CHECK(twice.request.reply_to.empty());

  for (const Decoded& malformed : {decode_entry({"reply_to", "shop-1", "id", "", "sku", "shoe", "quantity", "0"}),
                                   decode_json(R"({"reply_to":"shop-1","customer":"","id":"o-1","sku":"shoe"})"),
                                   decode_entry({"reply_to", "shop-1", "order", kJson}),
                                   decode_entry({"reply_to", "shop-1", "id", "o-1", "fill", std::string(70'000, 'x')}),
                                   decode_entry({"reply_to", "shop-1"})}) {
    CHECK_FALSE(malformed.good);
    CHECK(malformed.request.reply_to == "shop-1");
  }
}

TEST_CASE("a detail quotes at most 40 bytes") {
  const auto detail = [](std::string_view quantity) { return decode_quantity(quantity).detail; };
  const std::string behind = " is not a whole number from 1 to 1000000";
  CHECK(detail(std::string(40, 'x')) == "quantity: \"" + std::string(40, 'x') + "\"" + behind);
  CHECK(detail(std::string(41, 'x')) == "quantity: \"" + std::string(40, 'x') + "…\"" + behind);
  CHECK(detail(std::string(39, 'x') + "ü") == "quantity: \"" + std::string(39, 'x') + "…\"" + behind);
  CHECK(detail(std::string(38, 'x') + "ü") == "quantity: \"" + std::string(38, 'x') + "ü\"" + behind);
  CHECK(detail(std::string(37, 'x') + "👟!") == "quantity: \"" + std::string(37, 'x') + "…\"" + behind);
  CHECK(detail("üxßy靴zࠀa👟b𐀀c") == "quantity: \"üxßy靴zࠀa👟b𐀀c\"" + behind);
  CHECK(detail(R"(a"b\c)") == R"(quantity: "a\"b\\c")" + behind);
  CHECK(detail("\n\x7F\x1B[0m\0"s) == R"(quantity: "\x0a\x7f\x1b[0m\x00")" + behind);
  CHECK(detail("\xC2\x9B\xC2\xA0") == "quantity: \"\\xc2\\x9b\xC2\xA0\"" + behind);
  CHECK(detail("\xC3") == R"(quantity: "\xc3")" + behind);
  CHECK(detail("\x80\xF0\x9F\x91") == R"(quantity: "\x80\xf0\x9f\x91")" + behind);
  CHECK(detail("\xED\xA0\x80ü") == R"(quantity: "\xed\xa0\x80ü")" + behind);
}

TEST_CASE("a decoder keeps nothing of earlier requests") {
  Decoder decoder({});
  Request request;
  std::string detail;
  CHECK(decoder.decode(
      {"order", R"({"id":"a","customer":"b","items":[{"sku":"x","quantity":1},{"sku":"y","quantity":2}]})"}, request,
      detail));
  CHECK(request.lines.size() == 2);
  CHECK(decoder.decode({"id", "o-2", "sku", "z", "quantity", "3"}, request, detail));
  CHECK(request.id == "o-2");
  CHECK(request.customer.empty());
  REQUIRE(request.lines.size() == 1);
  CHECK(request.lines[0].sku == "z");
  CHECK(request.lines[0].quantity == 3);
  CHECK_FALSE(decoder.decode({"order", "{"}, request, detail));
  CHECK(request.id.empty());
  CHECK(request.lines.empty());
  CHECK_FALSE(detail.empty());
  CHECK(decoder.decode({"order", kJson}, request, detail));
  CHECK(detail.empty());
  CHECK(request.lines.size() == 1);
}

}  // namespace
}  // namespace orderd::order
