#include "order/keys.h"

#include <doctest/doctest.h>

#include <string>
#include <tuple>
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
  CHECK(stock("product:<sku>:stock").before() == "product:");
  CHECK(stock("product:<sku>:stock").after() == ":stock");
  std::string out = "before ";
  stock("s:<sku>").append(std::string_view("a\0b", 3), out);
  CHECK(out == std::string("before s:a\0b", 12));
}

TEST_CASE("a template has its placeholder exactly once") {
  const auto error_of = [](const std::string& text) { return KeyTemplate::parse(text, "<sku>").error(); };
  for (const std::string text : {"", "product", "product:<id>", "product:<SKU>", "product:sku", "<sku", "sku>"}) {
    CHECK(error_of(text) == text + " does not contain <sku>");
  }
  for (const std::string text : {"<sku><sku>", "a<sku>b<sku>c", "<sku>:<sku>:<sku>"}) {
    CHECK(error_of(text) == text + " contains <sku> more than once");
  }
}

TEST_CASE("the name of the orders stream replaces every <orders>") {
  CHECK(with_orders("<orders>:dead", "shop") == "shop:dead");
  CHECK(with_orders("<orders>/<orders>", "a") == "a/a");
  CHECK(with_orders("", "a").empty());
  CHECK(with_orders("<order>:dead", "a") == "<order>:dead");
  CHECK(with_orders("<orders>:x", "<orders>") == "<orders>:x");  // not replaced again
  CHECK(order("<id>").with_orders("shop").key("<orders>") == "<orders>");
  CHECK(order("{<orders>}:<id>:<orders>").with_orders("shop").key("o-1") == "{shop}:o-1:shop");
  // A placeholder in the name of the orders stream is plain text.
  CHECK(order("<orders>:<id>").with_orders("a<id>b").key("o-1") == "a<id>b:o-1");
  CHECK(order("<ord<id>ers>").with_orders("shop").key("x") == "<ordxers>");
}

TEST_CASE("two templates can collide if their heads and tails agree, and only then") {
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  const Pairs may = {
      {"order:<sku>", "order:<id>"}, {"<sku>", "<id>"},         {"<sku>", "order:<id>"}, {"<sku>:stock", "order:<id>"},
      {"a:<sku>", "a:b:<id>"},       {"a:<sku>:z", "a:b:<id>"}, {"<sku>:z", "<id>:y:z"}, {"a<sku>b", "aa<id>bb"},
      {"a<sku>bb", "aa<id>b"},       {"a:<sku>:z", "a:<id>:z"}, {"a<sku>", "<id>z"},
  };
  const Pairs never = {{"product:<sku>:stock", "order:<id>"},
                       {"<sku>:stock", "<id>:order"},
                       {"a:<sku>:z", "a:<id>:y"},
                       {"a:<sku>:z", "b:<id>:z"},
                       {"ab<sku>", "ac<id>"},
                       {"<sku>ba", "<id>ca"},
                       {"a<sku>xz", "aa<id>yz"},
                       {"order<sku>", "orDer<id>"}};
  for (const Pairs& pairs : {may, never}) {
    for (const auto& pair : pairs) {
      INFO(pair.first, " and ", pair.second);
      CHECK(stock(pair.first).may_collide(order(pair.second)) == (pairs == may));
      CHECK(order(pair.second).may_collide(stock(pair.first)) == (pairs == may));
    }
  }
}

TEST_CASE("a template collides with a fixed name that it can produce") {
  using Names = std::vector<std::string>;
  const std::tuple<std::string, Names, Names> rows[] = {
      {"order:<sku>", {"order:x", "order:dead"}, {"orders:dead", "orders", "order:", "order", ""}},  // no empty SKU
      {"<sku>", {"orders", "x"}, {""}},
      {"product:<sku>:stock", {"product:x:stock", "product:a:b:stock"}, {"product::stock", "product:x:stocks"}},
      {"a:<sku>:a", {"a:x:a"}, {"a:a"}},  // the head and the tail do not overlap
      {"aa<sku>aa", {"aaaaa"}, {"aaaa"}},
  };
  for (const auto& [text, may, never] : rows) {
    for (const std::string& name : may) CHECK_MESSAGE(stock(text).may_collide(name), name);
    for (const std::string& name : never) CHECK_FALSE_MESSAGE(stock(text).may_collide(name), name);
  }
}

}  // namespace
}  // namespace orderd::order
