#include "order-chaos/proxy/resp.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

using namespace orderd::test;

namespace {

// Where the whole values of these bytes end, and what is behind the last one.
std::pair<std::vector<std::size_t>, RespFound> ends(std::string_view bytes) {
  std::vector<std::size_t> whole;
  std::vector<RespValue> values;
  std::size_t at = 0;
  for (;;) {
    const RespFound found = next_value(bytes, at, values);
    if (found != RespFound::kWhole) return {whole, found};
    whole.push_back(at);
  }
}

}  // namespace

TEST_CASE("replies are split at the same bytes however they are fragmented") {
  const std::string entry = "*2\r\n$3\r\n1-1\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n", vanished = "*2\r\n$3\r\n1-2\r\n*-1\r\n";
  const std::string simple = "+OK\r\n:-17\r\n$-1\r\n*-1\r\n*0\r\n$0\r\n\r\n-ERR no\r\n$5\r\nab\r\nc\r\n";
  const std::string read = "*1\r\n*2\r\n$6\r\norders\r\n*3\r\n" + entry + vanished + entry;
  const std::string bytes = simple + read + "+OK\r\n";
  const std::vector<std::size_t> whole = {5, 11, 16, 21, 25, 31, 40, 51, 51 + read.size(), 56 + read.size()};
  for (std::size_t some = 0; some <= bytes.size(); ++some) {
    const auto [found, rest] = ends(std::string_view(bytes).substr(0, some));
    CHECK(found == std::vector(whole.begin(), std::upper_bound(whole.begin(), whole.end(), some)));
    CHECK(rest == RespFound::kPart);
  }
  std::vector<RespValue> values;
  std::size_t at = 0;
  CHECK(next_value(read, at, values) == RespFound::kWhole);
  std::vector<std::size_t> entries;
  for (const RespValue& value : values) {
    if (value.depth == 3) entries.push_back(value.end);
  }
  const std::size_t first = read.size() - vanished.size() - entry.size();
  CHECK(entries == std::vector<std::size_t>{first, first + vanished.size(), read.size()});
}

TEST_CASE("input that is not RESP2 is reported as garbage immediately") {
  for (const std::string bytes : {"hello\r\n", "$x\r\n", "*-2\r\n", ":1a\r\n", "$99999999999999999999\r\n",
                                  "\x16\x03\x01", "*1\r\n%1\r\n", "$000000000000000000000000001\r\n"}) {
    CAPTURE(bytes);
    CHECK(ends(bytes).second == RespFound::kGarbage);
  }
}
