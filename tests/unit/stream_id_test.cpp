#include "base/stream_id.h"

#include <doctest/doctest.h>

namespace orderd {
namespace {

TEST_CASE("an ID is two numbers of 64 bits and compares as numbers") {
  const std::string largest = "18446744073709551615-18446744073709551615";
  for (const std::string& text : {std::string("0-0"), std::string("1732386423123-7"), largest}) {
    CAPTURE(text);
    REQUIRE(StreamId::parse(text).has_value());
    CHECK(StreamId::parse(text)->text() == text);
  }
  CHECK(StreamId::parse("9-10") < StreamId::parse("10-9"));
  CHECK(StreamId::parse("9-9") < StreamId::parse("9-10"));
  CHECK(StreamId::parse("9-9") == StreamId{9, 9});
  for (const std::string& text : {std::string(), std::string("1"), std::string("1-"), std::string("-1"),
                                  std::string("1-2 "), std::string(" 1-2"), std::string("1-2-3"), std::string("+1-2"),
                                  std::string("a-1"), largest + "0", std::string("18446744073709551616-0")}) {
    CAPTURE(text);
    CHECK_FALSE(StreamId::parse(text).has_value());
  }
}

}  // namespace
}  // namespace orderd
