#include "audit/resp_reader.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "support/seed.h"

namespace orderd::test {
namespace {

using audit::RespReader;
using State = RespReader::State;

// Feeds `bytes`, at most `step` at a time, until the reader has an opinion.
State feed(RespReader& reader, std::string_view& bytes, std::size_t step) {
  for (;;) {
    const State state = reader.parse();
    if (state != State::kMore || bytes.empty()) return state;
    const std::size_t size = std::min(step, bytes.size());
    const auto space = reader.space(size);
    std::copy_n(bytes.begin(), size, space.begin());
    reader.filled(size);
    bytes.remove_prefix(size);
  }
}

State feed_all(std::string_view bytes, RespReader::Limits limits = {}) {
  RespReader reader(limits);
  return feed(reader, bytes, bytes.size() + 1);
}

TEST_CASE("replies are read whole however their bytes arrive") {
  constexpr std::string_view kBytes =
      "*2\r\n*2\r\n$3\r\n1-0\r\n*2\r\n$1\r\na\r\n$4\r\n\r\n\r\n\r\n*-1\r\n:-42\r\n-ERR x\r\n+OK\r\n$-1\r\n*0\r\n";
  for (std::size_t step = 1; step <= kBytes.size(); ++step) {
    RespReader reader;
    std::string_view bytes = kBytes;
    REQUIRE(feed(reader, bytes, step) == State::kReady);
    auto reply = reader.reply();
    REQUIRE(reply.size() == 2);
    CHECK(reply.first().first().text() == "1-0");
    CHECK(reply.first().at(1).at(1).text() == "\r\n\r\n");
    CHECK(reply.at(1).is_nil());
    reader.drop();
    REQUIRE(feed(reader, bytes, step) == State::kReady);
    CHECK(reader.reply().integer() == -42);
    reader.drop();
    REQUIRE(feed(reader, bytes, step) == State::kReady);
    CHECK(reader.reply().is_error());
    CHECK(reader.reply().text() == "ERR x");
    reader.drop();
    REQUIRE(feed(reader, bytes, step) == State::kReady);
    CHECK(reader.reply().text() == "OK");
    reader.drop();
    REQUIRE(feed(reader, bytes, step) == State::kReady);
    CHECK(reader.reply().is_nil());
    reader.drop();
    REQUIRE(feed(reader, bytes, step) == State::kReady);
    CHECK(reader.reply().is_array());
    CHECK(reader.reply().size() == 0);
    reader.drop();
    CHECK(feed(reader, bytes, step) == State::kMore);
  }
}

TEST_CASE("what is no reply is refused") {
  for (const std::string_view bytes :
       {"x\r\n", "\r\n", "$x\r\n", "$-2\r\n", "*-7\r\n", ":\r\n", ":1x\r\n", "$3\r\nabcd\r\n", "$1\r\na\r\r",
        "+a\rb\r\n", "$99999999999999999999\r\n", "HTTP/1.1 400 Bad Request\r\n"}) {
    CHECK_MESSAGE(feed_all(bytes) == State::kBroken, bytes);
  }
}

TEST_CASE("limits hold before memory is taken") {
  CHECK(feed_all("$1073741825\r\n") == State::kBroken);
  CHECK(feed_all("*999999999\r\n") == State::kBroken);
  CHECK(feed_all("*1\r\n*1\r\n*1\r\n:1\r\n", {.reply_bytes = 100, .elements = 100, .depth = 2}) == State::kBroken);
  CHECK(feed_all("*1\r\n*1\r\n:1\r\n", {.reply_bytes = 100, .elements = 100, .depth = 2}) == State::kReady);
  CHECK(feed_all("*3\r\n:1\r\n:1\r\n:1\r\n", {.reply_bytes = 100, .elements = 3, .depth = 2}) == State::kBroken);
  CHECK(feed_all("+" + std::string(70'000, 'a')) == State::kBroken);
}

TEST_CASE("random bytes never do any harm") {
  Random random(test_seed());
  constexpr std::string_view kAlphabet = "*$:+-0123\r\n\r\nab";
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes;
    for (std::size_t n = random.number(60); n > 0; --n) bytes.push_back(kAlphabet[random.number(kAlphabet.size())]);
    RespReader reader;
    std::string_view left = bytes;
    while (feed(reader, left, 1 + random.number(9)) == State::kReady) {
      if (reader.reply().size() > 0) CHECK(reader.reply().first().text().size() <= bytes.size());
      reader.drop();
    }
  }
}

}  // namespace
}  // namespace orderd::test
