// The rule that maps an SKU to a lane. Producers in other languages implement it too: these are its test vectors.
#include "order/lanes.h"

#include <doctest/doctest.h>

namespace orderd::order {
namespace {

// l0,l1,…
std::string numbered(std::size_t count) {
  std::string names = "l0";
  for (std::size_t i = 1; i < count; ++i) names += ",l" + std::to_string(i);
  return names;
}

Lanes lanes(const std::string& text) {
  const auto parsed = Lanes::parse(text);
  REQUIRE_MESSAGE(parsed.ok(), parsed.error());
  return *parsed;
}

Request order_of(const std::vector<std::string>& skus) {
  Request order{.id = "o-1", .customer = "", .lines = {}};
  for (const std::string& sku : skus) order.lines.push_back({sku, 1});
  return order;
}

TEST_CASE("FNV-1a of 64 bits and the jump hash have their published values") {
  CHECK(fnv1a("") == 0xcbf29ce484222325);
  CHECK(fnv1a("a") == 0xaf63dc4c8601ec8c);
  CHECK(fnv1a("foobar") == 0x85944171f73967e8);
  CHECK(fnv1a("shoe") == 0x46dc5118e28e0df2);
  CHECK(jump_hash(1, 1) == 0);
  CHECK(jump_hash(42, 57) == 43);
  CHECK(jump_hash(0xDEAD10CC, 666) == 361);
  CHECK(jump_hash(256, 1024) == 520);
}

TEST_CASE("the lane of an SKU depends only on the number of lanes") {
  CHECK(lanes("a,b,c,d").of("shoe") == 2);
  CHECK(lanes("w,x,y,z").of("shoe") == 2);
  CHECK(lanes("a,b,c,d").of("sock") == 1);
  CHECK(lanes("a,b,c,d").of("hat") == 0);
  CHECK(lanes("a,b,c,d").of("tie") == 3);
  CHECK(lanes("a").of("shoe") == 0);
  CHECK(Lanes().of("shoe") == 0);
  CHECK(lanes(numbered(64)).of("shoe") == 46);
}

TEST_CASE("why an order does not belong to a lane") {
  const Lanes four = lanes("a,b,c,d");
  CHECK(four.why_not(order_of({"shoe", "bag"}), 2).empty());
  CHECK(four.why_not(order_of({"shoe"}), 0) == "'shoe' belongs to lane 'c', and this is lane 'a'");
  CHECK(four.why_not(order_of({"hat", "sock"}), 0) ==
        "'sock' belongs to lane 'b', and this is lane 'a'; all SKUs of an order must belong to one lane");
  CHECK(lanes("a").why_not(order_of({"shoe"}), 0).empty());
  CHECK(Lanes().why_not(order_of({"shoe"}), 0).empty());
}

TEST_CASE("names of lanes") {
  CHECK(!lanes("").named());
  CHECK(lanes("").count() == 1);
  CHECK(lanes("a, b ,c").names() == std::vector<std::string>{"a", "b", "c"});
  CHECK(lanes(std::string(64, 'x')).count() == 1);
  for (const std::string bad : {",", "a,", ",a", "a,,b", "a b", "{a}", "a:b", "\xC3\xA4", "a\tb"}) {
    CAPTURE(bad);
    REQUIRE(!Lanes::parse(bad).ok());
    CHECK(Lanes::parse(bad).error().find("1 to 64 letters") != std::string::npos);
  }
  CHECK(!Lanes::parse(std::string(65, 'x')).ok());
  CHECK(Lanes::parse("b,a,b").error() == "the lane 'b' is given twice; allowed: different names");
  CHECK(lanes(numbered(kLanesMax)).count() == kLanesMax);
  CHECK(Lanes::parse(numbered(kLanesMax) + ",more").error() == "more than 1024 lanes; allowed: at most 1024");
}

TEST_CASE("<lane> is replaced everywhere") {
  CHECK(with_lane("{<lane>}:orders", "a") == "{a}:orders");
  CHECK(with_lane("<lane><lane>", "a") == "aa");
  CHECK(with_lane("<lan>", "a") == "<lan>");
}

}  // namespace
}  // namespace orderd::order
