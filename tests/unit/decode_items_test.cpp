// The lines of a request in JSON: their number, and several with the same SKU.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <utility>
#include <vector>

#include "decoding.h"

namespace orderd::order {
namespace {

using namespace std::string_literals;

// Items of one line each: [{"sku":"s0","quantity":1},…].
std::string items_of(std::size_t count, std::size_t skus) {
  std::string items = "[";
  for (std::size_t i = 0; i < count; ++i) {
    items += (i == 0 ? "" : ",") + R"({"sku":"s)"s + std::to_string(i % skus) + R"(","quantity":1})";
  }
  return items + "]";
}

TEST_CASE("items are an array of objects") {
  CHECK(decode_items("null").detail == "sku is missing: an order has sku and quantity, or items");
  CHECK(decode_items("{}").detail == "items has to be an array, not an object");
  CHECK(decode_items("\"a\"").detail == "items has to be an array, not a string");
  CHECK(decode_items("[null]").detail == "items[0] has to be an object, not null");
  CHECK(decode_items("[[]]").detail == "items[0] has to be an object, not an array");
  CHECK(decode_items(R"([{"sku":"a","quantity":1},3])").detail == "items[1] has to be an object, not a number");
  CHECK(decode_items(R"([{"sku":"a","quantity":1},{"sku":"b","quantity":"1"}])").detail ==
        "items[1].quantity has to be a JSON integer, not a string (send 3, not \"3\")");
}

TEST_CASE("the number of lines is limited before lines are summed") {
  CHECK(decode_items("[]").detail == "items: 0 is not a number of lines from 1 to 64");
  CHECK(decode_items(items_of(1, 1)).good);
  CHECK(decode_items(items_of(64, 64)).request.lines.size() == 64);
  CHECK(decode_items(items_of(65, 65)).detail == "items: 65 is not a number of lines from 1 to 64");
  CHECK(lines_of(decode_items(items_of(64, 1))) == "s0=64");
  CHECK_FALSE(decode_items(items_of(65, 1)).good);
  CHECK(decode_items(items_of(1, 1), {.max_lines = 1}).good);
  CHECK(decode_items(items_of(2, 1), {.max_lines = 1}).detail == "items: 2 is not a number of lines from 1 to 1");
  CHECK(decode_items(items_of(2000, 2000), {.max_lines = 2000}).request.lines.size() == 2000);
  CHECK(decode_items(items_of(2000, 1000), {.max_lines = 2000}).request.lines.size() == 1000);
}

TEST_CASE("lines of the same SKU are summed at its first place") {
  const auto items = [](std::initializer_list<std::pair<const char*, uint64_t>> lines) {
    std::string text;
    for (const auto& [sku, quantity] : lines) {
      text += (text.empty() ? "[" : ",") + R"({"sku":")"s + sku + R"(","quantity":)" + std::to_string(quantity) + "}";
    }
    return lines_of(decode_items(text + "]"));
  };
  CHECK(items({{"a", 1}, {"a", 2}}) == "a=3");
  CHECK(items({{"b", 1}, {"a", 2}, {"b", 3}}) == "b=4 a=2");
  CHECK(items({{"z", 1}, {"y", 2}, {"x", 3}, {"y", 4}, {"z", 5}, {"w", 6}}) == "z=6 y=6 x=3 w=6");
  CHECK(items({{"a", 1}, {"b", 1}, {"a", 1}, {"b", 1}, {"a", 1}, {"c", 1}}) == "a=3 b=2 c=1");
  CHECK(items({{"a", 1}, {"A", 2}, {"aa", 3}}) == "a=1 A=2 aa=3");
  CHECK(items({{"a", 1}, {"\\u0061", 2}}) == "a=3");
  CHECK(lines_of(decode_items(items_of(63, 3))) == "s0=21 s1=21 s2=21");
  std::string backwards = items_of(60, 60);
  backwards.insert(1, R"({"sku":"s59","quantity":9},{"sku":"s58","quantity":9},)");
  CHECK(starts_with(lines_of(decode_items(backwards)), "s59=10 s58=10 s0=1 s1=1 "));
}

TEST_CASE("many lines of few SKUs are summed correctly") {
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    std::string items;
    std::vector<Line> expected;
    for (int i = 0; i < 64; ++i) {
      const Line line = {"s" + std::to_string(random() % 9), 1 + random() % 1000};
      items += (i == 0 ? R"([{"sku":")" : R"(,{"sku":")") + line.sku + R"(","quantity":)" +
               std::to_string(line.quantity) + "}";
      const auto same = [&](const Line& other) { return other.sku == line.sku; };
      const auto first = std::find_if(expected.begin(), expected.end(), same);
      if (first == expected.end()) {
        expected.push_back(line);
      } else {
        first->quantity += line.quantity;
      }
    }
    Decoded by_hand;
    by_hand.request.lines = expected;
    CHECK(lines_of(decode_items(items + "]")) == lines_of(by_hand));
  }
}

TEST_CASE("a sum must fit into a double") {
  const Limits limits = {.max_quantity = kMaxWhole};
  CHECK(lines_of(decode_items(R"([{"sku":"a","quantity":9007199254740990},{"sku":"a","quantity":1}])", limits)) ==
        "a=9007199254740991");
  const Decoded over = decode_items(
      R"([{"sku":"a","quantity":9007199254740991},{"sku":"b","quantity":1},{"sku":"a","quantity":1}])", limits);
  CHECK(over.detail == R"(items: the quantities of "a" add up to more than 9007199254740991)");
  CHECK(over.request.id == "o-1");
  CHECK(lines_of(decode_items(R"([{"sku":"a","quantity":9007199254740991},{"sku":"b","quantity":9007199254740991}])",
                              limits)) == "a=9007199254740991 b=9007199254740991");
  CHECK_FALSE(
      decode_items(R"([{"sku":"a","quantity":9007199254740991},{"sku":"a","quantity":9007199254740991}])", limits)
          .good);
}

}  // namespace
}  // namespace orderd::order
