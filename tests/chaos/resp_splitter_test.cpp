#include "order-chaos/proxy/resp_splitter.h"

#include <doctest/doctest.h>

#include "support/seed.h"

using namespace orderd::test;

namespace {

// Where whole values end, and where values at depth 3 end.
struct Ends {
  std::vector<std::size_t> whole, entries;
  bool garbage = false;
  bool operator==(const Ends&) const = default;
};

Ends split(const std::string& bytes, const std::vector<std::size_t>& cuts) {
  Ends ends;
  RespSplitter splitter;
  std::size_t at = 0;
  for (const std::size_t cut : cuts) {
    while (at < cut && !ends.garbage) {
      const RespSplitter::Step step = splitter.take(std::string_view(bytes).substr(at, cut - at));
      at += step.eaten;
      ends.garbage = step.garbage;
      if (step.whole()) ends.whole.push_back(at);
      if (step.ended(3)) ends.entries.push_back(at);
    }
  }
  return ends;
}

}  // namespace

TEST_CASE("replies are split at the same bytes however they are fragmented") {
  Random random(test_seed());
  const std::string entry = "*2\r\n$3\r\n1-1\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n", vanished = "*2\r\n$3\r\n1-2\r\n*-1\r\n";
  std::string bytes = "+OK\r\n:-17\r\n$-1\r\n*-1\r\n*0\r\n$0\r\n\r\n-ERR no\r\n$5\r\nab\r\nc\r\n";
  bytes += "*1\r\n*2\r\n$6\r\norders\r\n*3\r\n" + entry;
  const std::size_t first = bytes.size();
  bytes += vanished + entry;
  const std::size_t last = bytes.size();
  bytes += "+OK\r\n";
  const Ends whole = split(bytes, {bytes.size()});
  CHECK(whole.whole == std::vector<std::size_t>{5, 11, 16, 21, 25, 31, 40, 51, last, last + 5});
  CHECK(whole.entries == std::vector<std::size_t>{first, first + vanished.size(), last});
  for (int times = 0; times < 300; ++times) {
    std::vector<std::size_t> cuts;
    for (std::size_t at = 0; at < bytes.size();)
      cuts.push_back(at = std::min(bytes.size(), at + random.number(1, 1 + times / 10)));
    CHECK(split(bytes, cuts) == whole);
  }
}

TEST_CASE("input that is not RESP2 is reported as garbage immediately") {
  for (const std::string bytes : {"hello\r\n", "$x\r\n", "*-2\r\n", ":1a\r\n", "$99999999999999999999\r\n",
                                  "\x16\x03\x01", "*1\r\n%1\r\n", "$000000000000000000000000001\r\n"}) {
    CAPTURE(bytes);
    CHECK(split(bytes, {bytes.size()}).garbage);
  }
}
