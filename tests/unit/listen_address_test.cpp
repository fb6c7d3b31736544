#include "base/listen_address.h"

#include <doctest/doctest.h>

namespace orderd {

TEST_CASE("a listen address is printed as it was parsed, and knows whether it is a loopback address") {
  for (const char* text : {"127.0.0.1:9464", "0.0.0.0:0", "[::1]:1", "[fe80::1]:65535"}) {
    CHECK(parse_listen_address(text)->text() == text);
  }
  CHECK(parse_listen_address("localhost:7")->text() == "127.0.0.1:7");
  for (const char* text : {"127.0.0.1:1", "127.8.9.1:1", "[::1]:1"}) CHECK(parse_listen_address(text)->loopback());
  for (const char* text : {"0.0.0.0:1", "10.0.0.1:1", "[::]:1", "[::2]:1"}) {
    CHECK_FALSE(parse_listen_address(text)->loopback());
  }
}

}  // namespace orderd
