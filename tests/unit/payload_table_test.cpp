// The decoder with the table of payloads (tests/payloads/table.h).
#include <doctest/doctest.h>

#include <map>
#include <set>

#include "decoding.h"
#include "payloads/table.h"

namespace orderd::order {
namespace {

using test::Payload;

TEST_CASE("each payload decodes as in the table") {
  Decoder warm({});
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
    Decoded again;
    again.good = warm.decode(fields, again.request, again.detail);
    CHECK(again.good == decoded.good);
    CHECK(again.detail == decoded.detail);
    CHECK(lines_of(again) == lines_of(decoded));
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
  for (const std::string text :
       {R"(\ud83d)", R"(\udc5f)", R"(\udc5f\ud83d)", R"(\ud83d\\udc5f)", R"(\ud83d\ud83d\udc5f)",
        R"(\ud83d\udc5f\udc5f)", R"(\\\ud83d)", R"(\uDBFF\u0041)", R"(\ud83d \udc5f)"}) {
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

}  // namespace
}  // namespace orderd::order
