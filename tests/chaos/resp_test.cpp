#include "order-chaos/proxy/resp.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

using namespace orderd::test;

namespace {

// Where the whole values of these bytes end.
std::vector<std::size_t> ends(std::string_view bytes) {
  std::vector<std::size_t> whole;
  std::vector<RespValue> values;
  for (std::size_t at = 0; next_value(bytes, at, values);) whole.push_back(at);
  return whole;
}

}  // namespace

TEST_CASE("replies are split at the same bytes however they are fragmented") {
  const std::string simple = "+OK\r\n:-17\r\n$-1\r\n*-1\r\n*0\r\n$0\r\n\r\n-ERR no\r\n$5\r\nab\r\nc\r\n";
  const std::string read =
      "*1\r\n*2\r\n$6\r\norders\r\n*2\r\n*2\r\n$3\r\n1-1\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n*2\r\n$3\r\n1-2\r\n*-1\r\n";
  const std::string bytes = simple + read + "+OK\r\n";
  const std::vector<std::size_t> whole = {5, 11, 16, 21, 25, 31, 40, 51, 51 + read.size(), 56 + read.size()};
  for (std::size_t some = 0; some <= bytes.size(); ++some) {
    const auto expected = std::vector(whole.begin(), std::upper_bound(whole.begin(), whole.end(), some));
    CHECK(ends(std::string_view(bytes).substr(0, some)) == expected);
  }
}
