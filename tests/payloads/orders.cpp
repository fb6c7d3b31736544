// Our own cases: well-formed JSON or flat fields that are not orders, or only just.
#include "payloads/table.h"

namespace orderd::test {
namespace {

using namespace std::string_literals;

// A quantity in both forms; each is not a whole number, or out of range.
void add_bad_quantity(const std::string& value, const std::string& why, Payloads& all) {
  const std::string name = "quantity " + value;
  all.push_back({name + " flat", {{"id", name}, {"sku", "shoe"}, {"quantity", value}}, "quantity: "});
  all.push_back(text(name + " in JSON", R"({"id":"o-1","sku":"shoe","quantity":)" + value + "}", why));
}

Payload flat(const std::string& name, const std::string& sku, const std::string& quantity, std::string why) {
  return {name, {{"id", name}, {"sku", sku}, {"quantity", quantity}}, std::move(why)};
}

Payloads quantities() {
  Payloads all = {
      flat("quantity 1", "shoe", "1", ""),
      flat("quantity empty", "shoe", "", "quantity: "),
      flat("quantity with a sign", "shoe", "+3", "quantity: "),
      flat("quantity with a space", "shoe", " 3", "quantity: "),
      flat("quantity with a zero byte", "shoe", "3\0"s, "quantity: "),
      flat("quantity in other digits", "shoe", "\xD9\xA3", "quantity: "),
      text("quantity a string", R"({"id":"o-1","sku":"shoe","quantity":"5"})", "quantity has to be a JSON integer"),
      text("quantity null", R"({"id":"o-1","sku":"shoe","quantity":null})", "quantity has to be a JSON integer"),
      text("quantity an array", R"({"id":"o-1","sku":"shoe","quantity":[5]})", "quantity has to be a JSON integer"),
  };
  for (const char* value : {"0", "-1", "-0", "1e3", "1.0", "2147483648", "4294967296", "9007199254740992",
                            "9223372036854775808", "18446744073709551616", "1e400", "123456789012345678901234567890"}) {
    add_bad_quantity(value, "quantity: ", all);
  }
  for (const char* value : {"0x10", "007", "1_000", "NaN"}) add_bad_quantity(value, kNotJson, all);
  return all;
}

Payloads names() {
  const std::string large(65'536, 's');
  return {
      flat("sku of 128 bytes", std::string(128, 's'), "1", ""),
      flat("sku of 129 bytes", std::string(129, 's'), "1", "sku "),
      flat("sku of 64 KiB", large, "1", "entry: "),
      flat("sku of 60000 bytes", large.substr(0, 60'000), "1", "sku "),
      flat("sku with a star", "sh*e", "1", ""),
      flat("sku with braces", "sh{oe}", "1", "sku "),
      flat("sku with a space", "sh oe", "1", "sku "),
      flat("sku with a zero byte", "sh\0oe"s, "1", "sku "),
      flat("sku that is not UTF-8", "sh\xFFoe", "1", "sku "),
      flat("sku empty", "", "1", "sku is empty"),
      text("sku with an escaped zero byte", R"({"id":"o-1","sku":"sh\u0000oe","quantity":1})", "sku "),
      text("sku with an escaped brace", R"({"id":"o-1","sku":"sh\u007boe","quantity":1})", "sku "),
      text("sku a number", R"({"id":"o-1","sku":5,"quantity":1})", "sku has to be a string"),
      text("id a number", R"({"id":5,"sku":"shoe","quantity":1})", "id has to be a string"),
      text("id with an escaped line feed", R"({"id":"o\n1","sku":"shoe","quantity":1})", "id "),
      text("customer null", R"({"id":"customer null","customer":null,"sku":"shoe","quantity":1})", ""),
      text("reply_to null", R"({"id":"reply_to null","reply_to":null,"sku":"shoe","quantity":1})", ""),
      text("reply_to an object", R"({"id":"o-1","reply_to":{},"sku":"shoe","quantity":1})",
           "reply_to has to be a string"),
      {"reply_to with a zero byte",
       {{"id", "o-1"}, {"reply_to", "a\0"s}, {"sku", "shoe"}, {"quantity", "1"}},
       "reply_to "},
      {"id that is not UTF-8", {{"id", "\xC3("}, {"sku", "shoe"}, {"quantity", "1"}}, "id "},
      {"customer empty", {{"id", "o-1"}, {"customer", ""}, {"sku", "shoe"}, {"quantity", "1"}}, "customer is empty"},
  };
}

std::string repeated(const std::string& piece, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += piece;
  return all;
}

// An order with a mistake in its JSON, which may come after all that an order needs.
Payloads broken_texts() {
  Payloads all;
  const std::string order = R"({"id":"o-1","sku":"shoe","quantity":1)";
  for (const char* rest : {"", ",", ",}", ",,,,,}", " 23}", "}}", "}/**/", "}/**//", "}//", "}/", "}#", "}#{}",
                           R"(} "x")", R"(,"more":[""})", R"(,"more":["")", R"(,"more":[5,)", ",\"more\":[5,\n6\n,7"}) {
    all.push_back(text("an order and " + std::string(rest), order + rest, kNotJson));
  }
  for (const char* json :
       {R"({"id", "o-1"})", R"({"id"::"o-1"})", R"({id: 'o-1'})", R"({"id" o})", R"({:"o-1"})", R"({"id" "o-1"})",
        R"({"id":)", R"({"id")", R"({'id':5})", R"({"id":"o-1)", R"({"id":"\)", R"({"id)", R"({'id')",
        R"({ "id" : "o-1", "sku" })", R"({"id":"o-1","":)", R"({"id":"o-1","items":[{})",
        R"({"id":"o-1",,"sku":"shoe"})", R"({id: "o-1","sku":"shoe","quantity":1})",
        R"({"id":/*why*/"o-1","sku":"shoe","quantity":1})"}) {
    all.push_back(text("the text " + std::string(json), json, kNotJson));
  }
  // Below the limit of an entry, so that the parser itself must refuse them; and what it must accept.
  all.push_back(text("60000 opening arrays", std::string(60'000, '['), kNotJson));
  all.push_back(text("arrays and objects opened 12000 times", repeated(R"([{"":)", 12'000), kNotJson));
  all.push_back(member("nested 1000 deep", std::string(1000, '[') + std::string(1000, ']'), ""));
  all.push_back(member("nested 1100 deep", std::string(1100, '[') + std::string(1100, ']'), kNotJson));
  all.push_back(
      member("objects nested 1100 deep", repeated(R"({"a":)", 1100) + "5" + std::string(1100, '}'), kNotJson));
  return all;
}

Payloads shapes() {
  Payload many{"200000 empty fields", {{"id", "200000 empty fields"}, {"sku", "shoe"}, {"quantity", "1"}}, ""};
  many.fields.resize(200'000);
  Payload large{"200000 fields", {{"id", "o-1"}, {"sku", "shoe"}, {"quantity", "1"}}, "entry: "};
  large.fields.resize(200'000, {"f", ""});
  Payloads all = {
      {"one empty field", {{"", ""}}, "order is missing"},
      {"an unknown field alone", {{"oder", R"({"id":"o-1","sku":"shoe","quantity":1})"}}, "order is missing"},
      {"flat and JSON", {{"order", R"({"id":"o-1","sku":"shoe","quantity":1})"}, {"id", "o-1"}}, "order and "},
      {"reply_to and JSON", {{"reply_to", "a"}, {"order", R"({"id":"o-1","sku":"shoe","quantity":1})"}}, "order and "},
      {"flat id twice", {{"id", "o-1"}, {"id", "o-1"}, {"sku", "shoe"}, {"quantity", "1"}}, "id is given more"},
      {"order twice", {{"order", "{}"}, {"order", "{}"}}, "order is given more"},
      {"flat without an id", {{"sku", "shoe"}, {"quantity", "1"}}, "id is missing"},
      {"flat without an sku", {{"id", "o-1"}, {"quantity", "1"}}, "sku is missing"},
      {"flat without a quantity", {{"id", "o-1"}, {"sku", "shoe"}}, "quantity is missing"},
      {"unknown fields", {{"id", "unknown fields"}, {"\xFF", "\0"s}, {"sku", "shoe"}, {"quantity", "1"}}, ""},
      text("id twice", R"({"id":"o-1","\u0069d":"o-1","sku":"shoe","quantity":1})", "id is given more"),
      text("items empty", R"({"id":"o-1","items":[]})", "items: "),
      text("items null", R"({"id":"o-1","items":null})", "sku is missing"),
      text("items of numbers", R"({"id":"o-1","items":[5]})", "items[0] has to be an object"),
      text("items and sku", R"({"id":"o-1","items":[{"sku":"shoe","quantity":1}],"sku":"shoe"})", "items and "),
      text("items with an sku twice in a line", R"({"id":"o-1","items":[{"sku":"a","quantity":1,"sku":"a"}]})",
           "items[0].sku is given more"),
      text("items of one SKU",
           R"({"id":"items of one SKU","items":[{"sku":"shoe","quantity":1},{"sku":"shoe","quantity":1}]})", ""),
      text("lines", "{\n\"id\": \"lines\",\n\"sku\": \"shoe\",\n\"quantity\": 1\n}\n", ""),
      text("an id of 40 bytes and another in a member",
           R"({"id":")" + std::string(40, 'y') + R"(","sku":"shoe","quantity":1,"x":[{"id":"x"}]})", ""),
      text("an array of an order", R"([{"id":"o-1","sku":"shoe","quantity":1}])", kNoObject),
      text("1 MiB of JSON", R"({"id":")" + std::string(1 << 20, 'x') + R"("})", "entry: "),
      text("1 MiB of white space", std::string(1 << 20, ' '), "entry: "),
  };
  all.push_back(std::move(many));
  all.push_back(std::move(large));
  return all;
}

}  // namespace

Payloads order_payloads() {
  Payloads all = quantities();
  for (const Payloads& theme : {names(), shapes(), broken_texts()}) all.insert(all.end(), theme.begin(), theme.end());
  return all;
}

}  // namespace orderd::test
