#include "order-replay/recording.h"

#include <doctest/doctest.h>

#include "order-replay/base64.h"
#include "order-replay/numbers.h"

namespace orderd::replay {
namespace {

std::string trouble(std::string_view line) {
  RecordingReader reader;
  Recorded out;
  const auto read = reader.read(line, out);
  return read ? "" : read.error();
}

std::string without_newline(std::string line) {
  REQUIRE(line.ends_with('\n'));
  line.pop_back();
  return line;
}

TEST_CASE("what was written is read back byte for byte") {
  Random random(11);
  RecordingReader reader;
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::string> texts(2 * random.between(1, 5));
    for (std::string& text : texts) {
      const uint64_t size = random.below(40);
      for (uint64_t i = 0; i < size; ++i) text.push_back(static_cast<char>(random.below(256)));
    }
    const order::Fields fields(texts.begin(), texts.end());
    std::string line;
    append_entry(line, random.below(1000), "12-3", fields);
    line = without_newline(line);
    CHECK(line.find('\n') == std::string::npos);
    Recorded out;
    const auto read = reader.read(line, out);
    REQUIRE_MESSAGE(read.ok(), line);
    CHECK(out.kind == Recorded::Kind::kEntry);
    CHECK(out.id == "12-3");
    CHECK(out.fields == fields);
  }
}

TEST_CASE("a recording has text as text and other bytes as Base64") {
  std::string line;
  append_entry(line, 7, "", {"order", "a\"\\\n\x01 caf\xC3\xA9", "raw", std::string_view("\xFF\0", 2)});
  CHECK(line ==
        "{\"at_us\":7,\"fields\":[[\"order\",\"a\\\"\\\\\\u000a\\u0001 caf\xC3\xA9\"],"
        "[\"raw\",{\"base64\":\"/wA=\"}]]}\n");
}

TEST_CASE("a bare order is a request") {
  RecordingReader reader;
  Recorded out;
  REQUIRE(reader.read(" {\"id\":\"o-1\", broken}\r", out).ok());
  CHECK(out.kind == Recorded::Kind::kEntry);
  CHECK_FALSE(out.at_us.has_value());
  CHECK(out.fields == order::Fields{"order", "{\"id\":\"o-1\", broken}"});
}

TEST_CASE("stock and empty lines are distinguished from requests") {
  RecordingReader reader;
  Recorded out;
  REQUIRE(reader.read(R"({"stock":"shoe","quantity":12})", out).ok());
  CHECK(out.kind == Recorded::Kind::kStock);
  CHECK(out.sku == "shoe");
  CHECK(out.quantity == 12);
  REQUIRE(reader.read(R"({"stock":"fields","quantity":0})", out).ok());
  CHECK(out.kind == Recorded::Kind::kStock);
  CHECK(out.sku == "fields");
  REQUIRE(reader.read(R"({"id":"stock","sku":"fields","quantity":1})", out).ok());
  CHECK(out.kind == Recorded::Kind::kEntry);
  CHECK(out.fields.at(0) == "order");
  REQUIRE(reader.read(" \t\r", out).ok());
  CHECK(out.kind == Recorded::Kind::kEmpty);
}

TEST_CASE("garbage in a recording is named") {
  CHECK(trouble("one pair of shoes") == "not a JSON object");
  CHECK(trouble("[1]") == "not a JSON object");
  CHECK(trouble(R"({"fields":[["a","b"]})") == "not valid JSON");
  CHECK(trouble(R"({"fields":7})") == R"("fields" must be an array)");
  CHECK(trouble(R"({"fields":[]})").find("is empty") != std::string::npos);
  CHECK(trouble(R"({"fields":[["a"]]})").find("pairs") != std::string::npos);
  CHECK(trouble(R"({"fields":[["a",1]]})").find("must be a string") != std::string::npos);
  CHECK(trouble(R"({"fields":[["a",{"base64":"????"}]]})").find("does not hold Base64") != std::string::npos);
  CHECK(trouble(R"({"at_us":-1,"fields":[["a","b"]]})").find("at_us") != std::string::npos);
  CHECK(trouble(R"({"id":7,"fields":[["a","b"]]})").find("\"id\"") != std::string::npos);
  CHECK(trouble(R"({"stock":"shoe"})").find("stock has the form") != std::string::npos);
  CHECK(trouble(R"({"stock":"shoe","quantity":9007199254740992})").find("stock has the form") != std::string::npos);
}

TEST_CASE("a long line is read completely") {
  const std::string text(1'000'000, 'x');
  std::string line;
  append_entry(line, {}, "", {"order", text});
  line = without_newline(line);
  RecordingReader reader;
  Recorded out;
  REQUIRE(reader.read(line, out).ok());
  CHECK(out.fields == order::Fields{"order", text});
}

TEST_CASE("Base64 follows the standard") {
  const auto written = [](std::string_view bytes) {
    std::string out;
    append_base64(out, bytes);
    return out;
  };
  CHECK(written("").empty());
  CHECK(written("f") == "Zg==");
  CHECK(written("fo") == "Zm8=");
  CHECK(written("foo") == "Zm9v");
  CHECK(written("foobar") == "Zm9vYmFy");
  std::string out;
  CHECK(read_base64("Zm9vYg==", out));
  CHECK(out == "foob");
  for (const std::string_view bad : {"Zg=", "Zg", "Z===", "Zh==", "Zg==Zg==", "Zm 9", "Zm9\xFF"}) {
    CHECK_FALSE(read_base64(bad, out));
  }
}

}  // namespace
}  // namespace orderd::replay
