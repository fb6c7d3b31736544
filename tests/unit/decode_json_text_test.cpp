// Which text is valid JSON: cases like those of JSONTestSuite, each as an ignored member of a request.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "decoding.h"

namespace orderd::order {
namespace {

using namespace std::string_literals;

Decoded decode_with(const std::string& value) {
  return decode_json(R"({"id":"o-1","sku":"shoe","quantity":3,"more":)" + value + "}");
}

TEST_CASE("valid JSON values are accepted in an ignored member") {
  const std::vector<std::string> good = {
      "[]", "{}", "[[]]", "[{}]", R"({"":0})", R"({"a":[]})", R"({"a":1,"a":2})", R"({"a\u0000b":1})", "null", "true",
      "false", "[null,1,\"1\",{}]", "[1,null,null,null,2]", "[ ]", "[ 1 ]", " [] ", "\t[\n1\r,2 ]",
      // Numbers:
      "0", "-0", "1", "-1", "0.5", "-0.5", "1e1", "1E1", "1e+1", "1e-1", "1E-2", "0e1", "0e+1", "123.456e78",
      "1.000000005", "-0.000000000000000000000000000000000000000000000000000000000000000000000000000001", "1e-400",
      "20e1", "123e45", "9223372036854775807", "-9223372036854775808", "18446744073709551615",
      // Numbers too large for 64 bits or a double:
      "18446744073709551616", "-9223372036854775809", "123456789012345678901234567890",
      "-123123123123123123123123123123", "1234567890123456789012e5", "1234567890123456789012.5", "1e400", "-1e9999",
      "1E+400", "1.5e+9999", "0.4e00669999999999999999999999999999999999999999999999999999999999999969999",
      "[1,123456789012345678901234567890,\"1e400\",1e400]",
      "{\"123456789012345678901234567890\":123456789012345678901234567890}", "[\"\\\"\",1e400]",
      "[\"\\\\\",1e400,\"\\\\\\\"\",99999999999999999999]",
      // Strings:
      R"("")", R"("a")", R"("\"\\\/\b\f\n\r\t")", R"("\u0060\u012a\u12AB")", R"("\uD801\udc37")",
      R"("\ud83d\ude39\ud83d\udc8d")", R"("\u0000")", R"("\\u0000")", R"("\\a")", R"("a/*b*/c/*d//e")",
      R"("\uDBFF\uDFFE")", R"("\uFFFF")", "\"\x7F\"", "\"\xC2\x80\"", "\"\xE2\x82\xAC\xF0\x9D\x84\x9E\"",
      "\"\xEF\xBB\xBF\"", "\"\xF4\x8F\xBF\xBF\"", "\" \""};
  for (const std::string& value : good) {
    CAPTURE(value);
    const Decoded decoded = decode_with(value);
    CHECK(decoded.good);
    CHECK(decoded.request.id == "o-1");
    CHECK(lines_of(decoded) == "shoe=3");
  }
}

TEST_CASE("invalid JSON values make the request malformed") {
  const std::vector<std::string> bad = {
      "", " ", "[", "]", "{", "[}", "[1,]", "[,1]", "[1,,2]", "[1 2]", "[1", "[1}", "[\"a\"", "[\"\"],", "[,]", "[x",
      "[x]", "[3[4]]", "[1]x", "[:]", "[1:2]", "[-]", "[*]", "[\"a\",\n4\n,1,", "<.>", "[<null>]", "[\x61]",
      // Objects:
      "{\"a\"}", "{\"a\":}", "{:1}", "{1:1}", "{a:1}", "{'a':1}", "{\"a\" 1}", "{\"a\"::1}", "{\"a\":1,}",
      "{\"a\":1,,\"b\":2}", "{,}", "{null:null}", "{\"a\":1 \"b\":2}", "{\"a\":\"b\",\"c\"", "{\"a\",1}",
      "{\"x\", null}", "{[:\"x\"}", "{\"a\":1}}",
      // Words:
      "nul", "tru", "fals", "True", "NULL", "nan", "NaN", "Infinity", "-Infinity", "truee", "true1", "undefined",
      "nullnull",
      // Numbers:
      "01", "-01", "00", "+1", "1.", ".1", "-.1", "1.e1", "1e", "1e+", "1E", "1ea", "1e1.5", "0x1", "0x42", "1_000",
      "1-", "--1", "-", "-a", "1a", "1+2", "0.1.2", "0.3e", "0.3e+", "0e", "0E+", "2.e3", "9.e+", "1 000", "1,000",
      "-1x", "1]", "1eE2", "++1234", "012", "-012", "1.2a-3", "1.8011670033376514H-308", "\xEF\xBC\x91",
      "01234567890123456789012", "1234567890123456789012.", "1234567890123456789012a", "1234567890123456789012e",
      "1234567890123456789012e+", "1234567890123456789012.e5", "1e400x", "1e400.5", "-01e400",
      // Strings:
      "\"", "\"a", "'a'", "a", "\"\\\"", "\"\\x00\"", "\"\\a\"", "\"\\u\"", "\"\\u00\"", "\"\\u00A\"", "\"\\u000G\"",
      "\"\\uqqqq\"", "\"\\", "\"\\\\\\\"", "\"a\"b", "\"\n\"", "\"\t\"", "\"\x01\"", "\"\x1F\"", "\"\\\t\"", "\"\0\""s,
      "\"\\'\"", "\"\\uD800\\\"", "\"\\ud800", "\\u0020\"a\"", "\"\\\xF0\x9F\x8C\x80\"",
      // UTF-8:
      "\"\xFF\"", "\"\x80\"", "\"\xC0\xAF\"", "\"\xED\xA0\x80\"", "\"\xF4\x90\x80\x80\"", "\"\xE0\x80\x80\"",
      "\"\xC3\"", "\"\xE9\"", "\"\xFC\x80\x80\x80\x80\x80\"", "\xFF", "{\"\xFF\":1}", "\"\\u\xE5\"", "[1\xE5]",
      // White space and others:
      "[\x0C]", "[\x0B]", "[\xC2\xA0]", "[\xE2\x81\xA0]", "[\xEF\xBB\xBF]", "1\0"s, "\0"s, "1 /* comment */",
      "1 // comment", "# 1", "1;"};
  for (const std::string& value : bad) {
    CAPTURE(value);
    const Decoded decoded = decode_with(value);
    CHECK_FALSE(decoded.good);
    CHECK(starts_with(decoded.detail, "order is not valid JSON: "));
    CHECK(decoded.request.id.empty());
  }
}

TEST_CASE("text around a request makes it malformed unless it is white space") {
  const std::string json = R"({"id":"o-1","sku":"shoe","quantity":3})";
  for (const std::string space : {"", " ", "\t", "\n", "\r", " \r\n\t "}) {
    CHECK(decode_json(space + json).good);
    CHECK(decode_json(json + space).good);
  }
  for (const std::string other :
       {"x", ",", "{}", "1", "\"\"", "}", "]", "#", "//", "\x0C", "\xEF\xBB\xBF", "\xC2\xA0", "\xFF"}) {
    CAPTURE(other);
    CHECK_FALSE(decode_json(other + json).good);
    CHECK_FALSE(decode_json(json + other).good);
  }
  CHECK_FALSE(decode_json("\0"s + json).good);
  CHECK_FALSE(decode_json(json + "\0"s).good);
  CHECK_FALSE(decode_json(json + json).good);
  CHECK_FALSE(decode_json(json + "\n" + json).good);
}

TEST_CASE("the detail says what is wrong with the JSON") {
  const auto detail = [](const std::string& json) { return decode_json(json).detail; };
  CHECK(detail("") == "order is not valid JSON: it is empty");
  CHECK(detail(" \n") == "order is not valid JSON: it is empty");
  CHECK(detail("{\"id\":\"\xFF\"}") == "order is not valid JSON: it is not valid UTF-8");
  CHECK(detail("{\"id\":\"o-1") == "order is not valid JSON: a string is not terminated");
  CHECK(detail("{\"id\":\"o\n1\"}") == "order is not valid JSON: a string contains an unescaped control character");
  CHECK(detail(R"({"id":"\x"})") == "order is not valid JSON: a string contains an invalid escape");
  CHECK(detail(R"({"id":01})") == "order is not valid JSON: it contains an invalid number");
  CHECK(detail(R"({"id":nil})") == "order is not valid JSON: it contains a word other than true, false and null");
  CHECK(detail(R"({"id":"o-1",})") == "order is not valid JSON: a bracket, comma or colon is missing or misplaced");
  CHECK(detail(std::string(2000, '[') + std::string(2000, ']')) == "order is not valid JSON: it is nested too deeply");
}

TEST_CASE("nesting is accepted to a thousand levels and refused beyond") {
  const auto nested = [](std::size_t levels) { return std::string(levels, '[') + std::string(levels, ']'); };
  CHECK(decode_with(nested(1)).good);
  CHECK(decode_with(nested(1000)).good);
  CHECK_FALSE(decode_with(nested(1100)).good);
  CHECK_FALSE(decode_with(nested(30000)).good);
  CHECK_FALSE(decode_json(std::string(60000, '[')).good);
  CHECK_FALSE(decode_json(std::string(60000, '{')).good);
  std::string objects;
  for (int i = 0; i < 10000; ++i) objects += R"({"":)";
  CHECK_FALSE(decode_json(objects).good);
}

TEST_CASE("a large number changes no other number in its request") {
  CHECK(lines_of(decode_json(
            R"({"more":1e400,"id":"o-1","items":[{"sku":"a","quantity":1000000},{"sku":"b","quantity":12345}]})")) ==
        "a=1000000 b=12345");
  CHECK(lines_of(decode_json(
            R"({"id":"12345678901234567890123","more":12345678901234567890123,"sku":"1e400","quantity":3})")) ==
        "1e400=3");
  CHECK(decode_json(R"({"id":"12345678901234567890123","more":12345678901234567890123,"sku":"1e400","quantity":3})")
            .request.id == "12345678901234567890123");
  CHECK_FALSE(decode_json(R"({"id":"o-1","more":1e400,"sku":"a","quantity":01})").good);
}

}  // namespace
}  // namespace orderd::order
