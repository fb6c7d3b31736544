#include "order/keys.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

namespace orderd::order {
namespace {

KeyTemplate stock(std::string_view text) {
  return KeyTemplate::parse(text, "<sku>").value();
}
KeyTemplate order(std::string_view text) {
  return KeyTemplate::parse(text, "<id>").value();
}

TEST_CASE("the name replaces the placeholder") {
  CHECK(stock("product:<sku>:stock").key("shoe") == "product:shoe:stock");
  CHECK(stock("<sku>").key("shoe") == "shoe");
  CHECK(stock("stock:<sku>").key("shoe") == "stock:shoe");
  CHECK(stock("<sku>:stock").key("shoe") == "shoe:stock");
  CHECK(order("order:<id>").key("o-1") == "order:o-1");
  CHECK(stock("{a}:<sku>").key("<sku>") == "{a}:<sku>");
}

TEST_CASE("append keeps the string's contents") {
  std::string out = "before ";
  stock("product:<sku>:stock").append("shoe", out);
  CHECK(out == "before product:shoe:stock");
  stock("s:<sku>").append(std::string_view("a\0b", 3), out);
  CHECK(out == std::string("before product:shoe:stocks:a\0b", 30));
}

TEST_CASE("a template without its placeholder is refused") {
  for (const char* text : {"", "product", "product:<id>", "product:<SKU>", "product:sku", "<sku", "sku>"}) {
    const auto parsed = KeyTemplate::parse(text, "<sku>");
    REQUIRE(!parsed.ok());
    CHECK(parsed.error() == std::string(text) + " does not contain <sku>");
  }
}

TEST_CASE("the name of the orders stream replaces every <orders>") {
  CHECK(with_orders("<orders>:dead", "shop") == "shop:dead");
  CHECK(with_orders("<orders>/<orders>", "a") == "a/a");
  CHECK(with_orders("", "a").empty());
  CHECK(with_orders("<order>:dead", "a") == "<order>:dead");
  CHECK(with_orders("<orders>:x", "<orders>") == "<orders>:x");  // not replaced again
  CHECK(order("<orders>:order:<id>").with_orders("shop").key("o-1") == "shop:order:o-1");
  CHECK(order("<id>").with_orders("shop").key("<orders>") == "<orders>");
  CHECK(order("{<orders>}:<id>:<orders>").with_orders("shop").key("o-1") == "{shop}:o-1:shop");
}

TEST_CASE("a placeholder in the name of the orders stream is plain text") {
  CHECK(order("<orders>:<id>").with_orders("a<id>b").key("o-1") == "a<id>b:o-1");
  CHECK(order("<ord<id>ers>").with_orders("shop").key("x") == "<ordxers>");
}

TEST_CASE("the keys of an orders stream begin with its name") {
  CHECK(position_key("orders") == "orders:position");
  CHECK(owner_key("orders") == "orders:owner");
  CHECK(standby_key("orders") == "orders:standby");
}

TEST_CASE("a template exposes the text around its placeholder") {
  CHECK(stock("product:<sku>:stock").before() == "product:");
  CHECK(stock("product:<sku>:stock").after() == ":stock");
}

TEST_CASE("a template with its placeholder twice is refused") {
  for (const char* text : {"<sku><sku>", "a<sku>b<sku>c", "<sku>:<sku>:<sku>"}) {
    const auto parsed = KeyTemplate::parse(text, "<sku>");
    REQUIRE(!parsed.ok());
    CHECK(parsed.error() == std::string(text) + " contains <sku> more than once");
  }
}

// `pairs`: a template of stock keys and one of record keys.
void check_collisions(const std::vector<std::pair<const char*, const char*>>& pairs, bool expected) {
  for (const auto& [left, right] : pairs) {
    CAPTURE(left);
    CAPTURE(right);
    CHECK(stock(left).may_collide(order(right)) == expected);
    CHECK(order(right).may_collide(stock(left)) == expected);
  }
}

TEST_CASE("two templates collide if their heads and tails agree") {
  const std::vector<std::pair<const char*, const char*>> may = {
      {"order:<sku>", "order:<id>"}, {"<sku>", "<id>"},         {"<sku>", "order:<id>"}, {"<sku>:stock", "order:<id>"},
      {"a:<sku>", "a:b:<id>"},       {"a:<sku>:z", "a:b:<id>"}, {"<sku>:z", "<id>:y:z"}, {"a<sku>b", "aa<id>bb"},
      {"a<sku>bb", "aa<id>b"},       {"a:<sku>:z", "a:<id>:z"}, {"a<sku>", "<id>z"},
  };
  check_collisions(may, true);
}

TEST_CASE("two templates with different heads or tails never collide") {
  const std::vector<std::pair<const char*, const char*>> never = {
      {"product:<sku>:stock", "order:<id>"},
      {"<sku>:stock", "<id>:order"},
      {"a:<sku>:z", "a:<id>:y"},
      {"a:<sku>:z", "b:<id>:z"},
      {"ab<sku>", "ac<id>"},
      {"<sku>ba", "<id>ca"},
      {"a<sku>xz", "aa<id>yz"},
      {"order<sku>", "orDer<id>"},
  };
  check_collisions(never, false);
}

TEST_CASE("a template collides with a fixed name that it can produce") {
  CHECK(order("order:<id>").may_collide("order:x"));
  CHECK(order("order:<id>").may_collide("order:dead"));
  CHECK_FALSE(order("order:<id>").may_collide("orders:dead"));
  CHECK_FALSE(order("order:<id>").may_collide("orders"));
  CHECK_FALSE(order("order:<id>").may_collide("order:"));  // an ID is not empty
  CHECK_FALSE(order("order:<id>").may_collide("order"));
  CHECK_FALSE(order("order:<id>").may_collide(""));
  CHECK(order("<id>").may_collide("orders"));
  CHECK(order("<id>").may_collide("x"));
  CHECK(stock("product:<sku>:stock").may_collide("product:x:stock"));
  CHECK(stock("product:<sku>:stock").may_collide("product:a:b:stock"));
  CHECK_FALSE(stock("product:<sku>:stock").may_collide("product::stock"));
  CHECK_FALSE(stock("product:<sku>:stock").may_collide("product:x:stocks"));
  CHECK_FALSE(stock("a:<sku>:a").may_collide("a:a"));  // the head and the tail do not overlap
  CHECK_FALSE(stock("aa<sku>aa").may_collide("aaaa"));
  CHECK(stock("aa<sku>aa").may_collide("aaaaa"));
}

TEST_CASE("a template collides with every key it produces") {
  for (const char* text : {"<sku>", "a:<sku>", "<sku>:z", "a:<sku>:z", "aa<sku>aa"}) {
    for (const char* name : {"x", "a", ":z", "a:", "aa", "shoe:stock"}) {
      const auto keys = stock(text);
      CHECK(keys.may_collide(keys.key(name)));
      CHECK(keys.may_collide(keys));
    }
  }
}

}  // namespace
}  // namespace orderd::order
