// The lines of a request in JSON: their number, and several with the same SKU.
#include <doctest/doctest.h>

#include <vector>

#include "decoding.h"

namespace orderd::order {
namespace {

// [{"sku":"a","quantity":1},…].
std::string items_of(const std::vector<Line>& lines) {
  std::string items;
  for (const Line& line : lines) {
    items += (items.empty() ? R"([{"sku":")" : R"(,{"sku":")") + line.sku + R"(","quantity":)" +
             std::to_string(line.quantity) + "}";
  }
  return items + "]";
}

// Lines of s0, s1 and so on, one piece each.
std::string items_of(std::size_t count, std::size_t skus) {
  std::vector<Line> lines;
  for (std::size_t i = 0; i < count; ++i) lines.push_back({"s" + std::to_string(i % skus), 1});
  return items_of(lines);
}

TEST_CASE("items are an array of objects") {
  for (const auto& [items, detail] :
       Rows{{"null", "sku is missing: an order has sku and quantity, or items"},
            {"{}", "items has to be an array, not an object"},
            {"\"a\"", "items has to be an array, not a string"},
            {"[null]", "items[0] has to be an object, not null"},
            {"[[]]", "items[0] has to be an object, not an array"},
            {R"([{"sku":"a","quantity":1},3])", "items[1] has to be an object, not a number"},
            {R"([{"sku":"a","quantity":1},{"sku":"b","quantity":"1"}])",
             "items[1].quantity has to be a JSON integer, not a string (send 3, not \"3\")"}}) {
    CHECK(decode_items(items).detail == detail);
  }
}

TEST_CASE("the number of lines is limited before lines are summed") {
  CHECK(decode_items("[]").detail == "items: 0 is not a number of lines from 1 to 64");
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
  const auto sums = [](const std::vector<Line>& lines) { return lines_of(decode_items(items_of(lines))); };
  CHECK(sums({{"a", 1}, {"a", 2}}) == "a=3");
  CHECK(sums({{"z", 1}, {"y", 2}, {"x", 3}, {"y", 4}, {"z", 5}, {"w", 6}}) == "z=6 y=6 x=3 w=6");
  CHECK(sums({{"a", 1}, {"b", 1}, {"a", 1}, {"b", 1}, {"a", 1}, {"c", 1}}) == "a=3 b=2 c=1");
  CHECK(sums({{"a", 1}, {"A", 2}, {"aa", 3}}) == "a=1 A=2 aa=3");
  CHECK(sums({{"a", 1}, {"\\u0061", 2}}) == "a=3");
  CHECK(lines_of(decode_items(items_of(63, 3))) == "s0=21 s1=21 s2=21");
  std::string backwards = items_of(60, 60);
  backwards.insert(1, R"({"sku":"s59","quantity":9},{"sku":"s58","quantity":9},)");
  CHECK(lines_of(decode_items(backwards)).starts_with("s59=10 s58=10 s0=1 s1=1 "));
}

TEST_CASE("a sum must fit into a double") {
  const auto decode = [](const std::vector<Line>& lines) {
    return decode_items(items_of(lines), {.max_quantity = kMaxWhole});
  };
  CHECK(lines_of(decode({{"a", kMaxWhole - 1}, {"a", 1}})) == "a=9007199254740991");
  CHECK(lines_of(decode({{"a", kMaxWhole}, {"b", kMaxWhole}})) == "a=9007199254740991 b=9007199254740991");
  const Decoded over = decode({{"a", kMaxWhole}, {"b", 1}, {"a", 1}});
  CHECK(over.detail == R"(items: the quantities of "a" add up to more than 9007199254740991)");
  CHECK(over.request.id == "o-1");
  CHECK_FALSE(decode({{"a", kMaxWhole}, {"a", kMaxWhole}}).good);
}

}  // namespace
}  // namespace orderd::order
