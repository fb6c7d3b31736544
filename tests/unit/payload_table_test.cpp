// Which text is valid JSON: the decoder with the table of payloads (tests/payloads/table.h), which has JSONTestSuite,
// and with more text like it.
#include <doctest/doctest.h>

#include <map>
#include <set>

#include "decoding.h"
#include "payloads/table.h"

namespace orderd::order {
namespace {

using namespace std::string_literals;
using test::Payload;

TEST_CASE("each payload decodes as in the table") {
  Again warm;
  for (const Payload& payload : test::all_payloads()) {
    CAPTURE(payload.name);
    Fields fields;
    for (const auto& [name, value] : payload.fields) fields.insert(fields.end(), {name, value});
    const Decoded decoded = decode_entry(fields);
    CAPTURE(decoded.detail);
    CHECK(decoded.good == payload.why.empty());
    CHECK(decoded.detail.starts_with(payload.why));
    if (payload.why == test::kNotJson) CHECK(names_of(decoded) == "/");
    if (decoded.good && payload.name[1] == '_') {  // a case of JSONTestSuite, as a member
      CHECK(names_of(decoded) == payload.name + "/");
      CHECK(lines_of(decoded) == "shoe=1");
    }
    CHECK(warm.decode(fields) == decoded);
  }
}

TEST_CASE("the table has every case of JSONTestSuite twice, as a member and alone") {
  std::map<std::string, int> cases;
  std::set<std::string> names;
  for (const Payload& payload : test::all_payloads()) {
    CHECK_MESSAGE(names.insert(payload.name).second, payload.name);
    ++cases[payload.name.substr(0, 2)];
  }
  CHECK(cases["n_"] == 2 * 188);
  CHECK(cases["y_"] == 2 * 95);
  CHECK(cases["i_"] == 2 * 35);
}

TEST_CASE("an escape of half a surrogate pair is malformed everywhere") {
  constexpr const char* kDetail = "order is not valid JSON: a string contains an invalid escape";
  for (const std::string text : {R"(\udc5f\ud83d)", R"(\ud83d\\udc5f)", R"(\ud83d\ud83d\udc5f)", R"(\uDBFF\u0041)"}) {
    CAPTURE(text);
    CHECK(decode_json(R"({"id":"o-1","sku":"shoe","quantity":1,"more":")" + text + "\"}").detail == kDetail);
    CHECK(decode_json(R"({"id":"o-1","sku":"shoe","quantity":1,")" + text + R"(":[]})").detail == kDetail);
    CHECK(decode_json(R"({"id":")" + text + R"(","sku":"shoe","quantity":1})").detail == kDetail);
  }
  for (const std::string whole :
       {R"(\ud83d\udc5f)", R"(\\ud83d)", R"(\\\\udc5f)", R"(\u0064\ud83d\udc5f\ud83d\udc5f)"}) {
    CHECK_MESSAGE(decode_json(R"({"id":"o-1","sku":"shoe","quantity":1,"more":")" + whole + "\"}").good, whole);
  }
}

// A valid request with an ignored member of this value.
Decoded decode_with(const std::string& value) {
  return decode_json(R"({"id":"o-1","sku":"shoe","quantity":3,"more":)" + value + "}");
}

TEST_CASE("a number of any size is accepted in an ignored member") {
  for (const std::string value :
       {"-0.5", "1e-400", "9223372036854775807", "18446744073709551616", "-9223372036854775809",
        "1234567890123456789012e5", "1234567890123456789012.5", "-1e9999", "1E+400",
        "0.4e00669999999999999999999999999999999999999999999999999999999999999969999",
        "[1,123456789012345678901234567890,\"1e400\",1e400]",
        "{\"123456789012345678901234567890\":123456789012345678901234567890}", "[\"\\\"\",1e400]",
        "[\"\\\\\",1e400,\"\\\\\\\"\",99999999999999999999]"}) {
    CAPTURE(value);
    const Decoded decoded = decode_with(value);
    CHECK(names_of(decoded) == "o-1/");
    CHECK(lines_of(decoded) == "shoe=3");
  }
}

TEST_CASE("a large number that is not JSON makes the request malformed") {
  for (const std::string value :
       {"01234567890123456789012", "1234567890123456789012.", "1234567890123456789012a", "1234567890123456789012e",
        "1234567890123456789012e+", "1234567890123456789012.e5", "1e400x", "1e400.5", "-01e400"}) {
    CAPTURE(value);
    CHECK(decode_with(value).detail.starts_with("order is not valid JSON: "));
  }
}

TEST_CASE("text around a request makes it malformed unless it is white space") {
  const std::string json = R"({"id":"o-1","sku":"shoe","quantity":3})";
  for (const std::string& other : {" \r\n\t "s, "\xEF\xBB\xBF"s, "\xC2\xA0"s, "\0"s, "1"s, json}) {
    CHECK_MESSAGE(decode_json(other + json).good == (other[0] == ' '), other);
    CHECK_MESSAGE(decode_json(json + other).good == (other[0] == ' '), other);
  }
}

TEST_CASE("the detail says what is wrong with the JSON") {
  for (const auto& [json, why] : Rows{{"", "it is empty"},
                                      {" \n", "it is empty"},
                                      {"{\"id\":\"\xFF\"}", "it is not valid UTF-8"},
                                      {"{\"id\":\"o-1", "a string is not terminated"},
                                      {"{\"id\":\"o\n1\"}", "a string contains an unescaped control character"},
                                      {R"({"id":"\x"})", "a string contains an invalid escape"},
                                      {R"({"id":01})", "it contains an invalid number"},
                                      {R"({"id":nil})", "it contains a word other than true, false and null"},
                                      {R"({"id":"o-1",})", "a bracket, comma or colon is missing or misplaced"},
                                      {std::string(2000, '[') + std::string(2000, ']'), "it is nested too deeply"}}) {
    CHECK(decode_json(json).detail == "order is not valid JSON: " + why);
  }
}

TEST_CASE("a large number changes no other number in its request") {
  CHECK(lines_of(decode_json(
            R"({"more":1e400,"id":"o-1","items":[{"sku":"a","quantity":1000000},{"sku":"b","quantity":12345}]})")) ==
        "a=1000000 b=12345");
  const Decoded decoded =
      decode_json(R"({"id":"12345678901234567890123","more":12345678901234567890123,"sku":"1e400","quantity":3})");
  CHECK(decoded.request.id == "12345678901234567890123");
  CHECK(lines_of(decoded) == "1e400=3");
  CHECK_FALSE(decode_json(R"({"id":"o-1","more":1e400,"sku":"a","quantity":01})").good);
}

}  // namespace
}  // namespace orderd::order
