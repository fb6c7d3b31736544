// The strict JSON reader compared with another parser.
#include "audit/json.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <regex>

#include "support/seed.h"

namespace orderd::test {
namespace {

using audit::JsonReader;
using audit::JsonValue;

bool accepts(const std::string& text) {
  return !JsonReader().read(text).empty();
}

// The member `x` of an object as text.
std::string member(const std::string& text) {
  JsonReader reader;
  const auto& values = reader.read(text);
  std::string found = values.empty() ? "bad" : "none";
  for (const JsonValue& value : values) {
    if (value.depth == 1 && value.name == "x") found = value.text;
  }
  return found;
}

TEST_CASE("the reader accepts what another parser accepts") {
  Random random(test_seed());
  const std::vector<std::string> texts = {R"({"a":[1,-2.5e+3,0,"x",null,true,false,{}],"b":{"c":[]}})",
                                          R"("é\u00e9\ud83d\ude00\n")",
                                          " [ ] ",
                                          "-0.0E-1",
                                          "{}",
                                          "12"};
  const std::string bytes = "{}[]\",:\\u0123456789abcdefE+-. \t\n\x01\x7f\xc3\xa9\xff";
  const std::regex huge("[eE][+-]?[0-9]{3}");
  std::size_t good = 0;
  for (int i = 0; i < 100'000; ++i) {
    std::string text = texts[random.number(texts.size())];
    for (std::size_t n = random.number(4); n > 0; --n) {
      const std::size_t at = random.number(text.size() + 1);
      if (random.chance(50)) text.insert(at, 1, bytes[random.number(bytes.size())]);
      if (random.chance(50)) text.erase(at, 1);
    }
    const bool accepted = accepts(text);
    good += accepted ? 1 : 0;
    // The other parser refuses numbers that do not fit into a double.
    const bool agreed = accepted == nlohmann::json::accept(text) || (accepted && std::regex_search(text, huge));
    REQUIRE_MESSAGE(agreed, text);
  }
  CHECK(good > 1000);
}

TEST_CASE("strings are unescaped and half surrogate pairs are refused") {
  CHECK(member(R"({"x":"a\"\\\/\b\f\n\r\t\u0041\u00e9\u20ac\ud83d\ude00z"})") == "a\"\\/\b\f\n\r\tAé€😀z");
  CHECK(member(R"({"\u0078":"y"})") == "y");
  for (const char* text : {R"({"x":"\ud83d"})", R"({"x":"\ude00"})", R"({"x":"\ud83d\u0041"})", R"({"x":"\u12"})"}) {
    CHECK(member(text) == "bad");
  }
}

TEST_CASE("values come in order, each with its kind and depth") {
  JsonReader reader;
  std::string shown;
  for (const JsonValue& value : reader.read(R"({"a":[1,null,{}],"b":{"c":"d"},"e":true,"a":-2.50})")) {
    shown.append(value.depth, '.').append(1, "oasn0tf"[static_cast<std::size_t>(value.kind)]);
    shown.append(value.name).append("=").append(value.text).append(" ");
  }
  CHECK(shown == "o= .aa= ..n=1 ..0= ..o= .ob= ..sc=d .te= .na=-2.50 ");
  CHECK(reader.read("[1,").empty());
}

TEST_CASE("text after the value and a truncated value are refused") {
  CHECK(member(R"({"x":12} )") == "12");
  CHECK(member(R"({"x":12} 1)") == "bad");
  const std::string whole = R"({"x":[1,{"y":"z"}],"u":true})";
  for (std::size_t size = 0; size < whole.size(); ++size) CHECK(member(whole.substr(0, size)) == "bad");
}

}  // namespace
}  // namespace orderd::test
