#include "order/settle_arguments.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "decoding.h"

namespace orderd::order {
namespace {

std::string digest(const std::string& customer, std::vector<Line> lines, const std::string& id = "o-1") {
  const Digest digits = digest_of({id, customer, std::move(lines)});
  return {digits.begin(), digits.end()};
}

std::string line_head(const std::string& sku, uint64_t quantity) {
  std::string out;
  append_line_head({sku, quantity}, out);
  return out;
}

TEST_CASE("the digest is the same as in records of earlier versions") {
  CHECK(digest("c-7", {{"shoe", 3}}) == "0f34e35244ca8224");
  CHECK(digest("", {{"sock", 2}, {"shoe", 1}}) == "40b35e2f38189586");
  CHECK(digest("", {{"shoe", 11}}) == "8469cd55f6d4df57");
  std::vector<Line> many;
  for (uint64_t i = 100; i > 0; --i)
    many.push_back({"sku-" + std::string(i <= 10 ? 2 : 1, '0') + std::to_string(i - 1), i});
  CHECK(many.back().sku == "sku-000");
  CHECK(many.front().sku == "sku-099");
  CHECK(digest(std::string(128, 'c'), many) == "2b8e8959a75c9c19");
}

TEST_CASE("the ID and the order of the lines do not change the digest") {
  CHECK(digest("c-7", {{"shoe", 3}}, "o-1") == digest("c-7", {{"shoe", 3}}, "o-2"));
  std::vector<Line> lines;
  for (uint64_t i = 0; i < 80; ++i) lines.push_back({"sku-" + std::to_string(i * 7919 % 80), i + 1});
  for (const std::size_t count : {2U, 3U, 63U, 64U, 65U, 80U}) {
    std::vector<Line> some(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(count));
    const std::string expected = digest("c", some);
    std::reverse(some.begin(), some.end());
    CHECK(digest("c", some) == expected);
    std::rotate(some.begin(), some.begin() + 1, some.end());
    CHECK(digest("c", some) == expected);
    some.back().quantity += 1;
    CHECK(digest("c", some) != expected);
  }
}

TEST_CASE("other content has another digest") {
  const std::vector<std::string> digests = {
      digest("c-7", {{"shoe", 3}}), digest("c-8", {{"shoe", 3}}), digest("", {{"shoe", 3}}),
      digest("c-7", {{"shoe", 4}}), digest("c-7", {{"shoe", 3 + (uint64_t{1} << 32)}}),
      digest("c-7", {{"shoe", kMaxWhole}}), digest("c-7", {{"shoes", 3}}), digest("c-7", {{"Shoe", 3}}),
      digest("c-7", {{"shoe", 3}, {"sock", 1}}), digest("c-7", {{"shoe", 1}, {"sock", 3}}),
      digest("c-7", {{"shoe", 3}, {"sock", 3}}), digest("c-7", {}), digest("", {}),
      // Contents that would be equal without lengths:
      digest("c-7shoe", {{"shoe", 3}}), digest("c-", {{"7shoe", 3}}), digest("c-7s", {{"hoe", 3}}),
      digest("", {{"c-7shoe", 3}}), digest("", {{"a", 1}, {"b", 1}}), digest("", {{"ab", 1}}), digest("a", {{"b", 1}})};
  CHECK(std::set<std::string>(digests.begin(), digests.end()).size() == digests.size());
}

TEST_CASE("the head of a line is JSON up to the comma, in which quotes and backslashes are escaped") {
  for (const uint64_t quantity : {uint64_t{1}, uint64_t{3}, kMaxWhole, UINT64_MAX}) {
    CHECK(line_head("shoe", quantity) == R"({"sku":"shoe","quantity":)" + std::to_string(quantity) + ",");
  }
  for (const auto& [sku, escaped] : Rows{{"\"", R"(\")"},
                                         {"\\", R"(\\)"},
                                         {R"(a"b\c)", R"(a\"b\\c)"},
                                         {R"("")", R"(\"\")"},
                                         {R"(\")", R"(\\\")"},
                                         {"Größe/靴👟", "Größe/靴👟"},
                                         {"<&'>", "<&'>"}}) {
    CHECK(line_head(sku, 1) == R"({"sku":")" + escaped + R"(","quantity":1,)");
  }
}

TEST_CASE("heads are appended, and that of a stock change has only the SKU") {
  std::string out = "[";
  append_line_head({"a", 1}, out);
  append_line_head({"b", 2}, out);
  append_stock_head(R"(sh"oe)", out);
  CHECK(out == R"([{"sku":"a","quantity":1,{"sku":"b","quantity":2,{"sku":"sh\"oe",)");
}

}  // namespace
}  // namespace orderd::order
