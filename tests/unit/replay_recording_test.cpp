#include "order-replay/recording.h"

#include <doctest/doctest.h>

#include <map>

#include "order-replay/base64.h"
#include "order-replay/numbers.h"
#include "support/text.h"

namespace orderd::replay {
namespace {

// Reads a line of a recording.
struct Read {
  explicit Read(std::string_view line) : result(reader.read(line, out)) {}
  RecordingReader reader;
  Recorded out;
  Result<bool> result;
};

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
    REQUIRE(line.find('\n') == line.size() - 1);
    line.pop_back();
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

TEST_CASE("requests, stock and empty lines are distinguished") {
  const Read bare(" {\"id\":\"o-1\", broken}\r");  // a bare order is a request
  REQUIRE(bare.result.ok());
  CHECK(bare.out.kind == Recorded::Kind::kEntry);
  CHECK_FALSE(bare.out.at_us.has_value());
  CHECK(bare.out.fields == order::Fields{"order", "{\"id\":\"o-1\", broken}"});
  CHECK(Read(R"({"id":"stock","sku":"fields","quantity":1})").out.fields.at(0) == "order");
  CHECK(Read(" \t\r").out.kind == Recorded::Kind::kEmpty);
  for (const auto& [sku, quantity] : std::map<std::string, uint64_t>{{"shoe", 12}, {"fields", 0}}) {
    const std::string line = R"({"stock":")" + sku + R"(","quantity":)" + std::to_string(quantity) + "}";
    const Read stock(line);
    REQUIRE(stock.result.ok());
    CHECK(stock.out.kind == Recorded::Kind::kStock);
    CHECK(stock.out.sku == sku);
    CHECK(stock.out.quantity == quantity);
  }
}

TEST_CASE("garbage in a recording is named") {
  const std::pair<std::string, std::string> rows[] = {
      {"one pair of shoes", "not a JSON object"},
      {"[1]", "not a JSON object"},
      {R"({"fields":[["a","b"]})", "not valid JSON"},
      {R"({"fields":7})", R"("fields" must be an array)"},
      {R"({"fields":[]})", "is empty"},
      {R"({"fields":[["a"]]})", "pairs"},
      {R"({"fields":[["a",1]]})", "must be a string"},
      {R"({"fields":[["a",{"base64":"????"}]]})", "does not hold Base64"},
      {R"({"at_us":-1,"fields":[["a","b"]]})", "at_us"},
      {R"({"id":7,"fields":[["a","b"]]})", "\"id\""},
      {R"({"stock":"shoe"})", "stock has the form"},
      {R"({"stock":"shoe","quantity":9007199254740992})", "stock has the form"}};
  for (const auto& row : rows) CHECK_MESSAGE(test::contains(Read(row.first).result.error(), row.second), row.first);
}

TEST_CASE("a long line is read completely") {
  const std::string text(1'000'000, 'x');
  std::string line;
  append_entry(line, {}, "", {"order", text});
  line.pop_back();
  const Read read(line);
  REQUIRE(read.result.ok());
  CHECK(read.out.fields == order::Fields{"order", text});
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
  for (const std::string bad : {"Zg=", "Zg", "Z===", "Zh==", "Zg==Zg==", "Zm 9", "Zm9\xFF"}) {
    CHECK_FALSE_MESSAGE(read_base64(bad, out), bad);
  }
}

}  // namespace
}  // namespace orderd::replay
