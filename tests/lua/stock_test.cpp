// stock.lua: an operator changes stock, and the ledger records it.
#include "shop.h"

namespace orderd::test {

TEST_CASE_FIXTURE(Shop, "stock is set and the ledger shows the old and the new value") {
  CHECK(change_stock("set", "shoe", "100", "first delivery").starts_with("_ 100 "));
  CHECK(
      last_result() ==
      R"(status=stock change=set reason=first delivery lines=[{"sku":"shoe","before":null,"quantity":100,"remaining":100}])");
  CHECK(change_stock("set", "shoe", "70").starts_with("100 70 "));
  CHECK(last_lines() == R"([{"sku":"shoe","before":100,"quantity":-30,"remaining":70}])");
  CHECK(change_stock("set", "shoe", "70").starts_with("70 70 "));
  CHECK(last_lines() == R"([{"sku":"shoe","before":70,"quantity":0,"remaining":70}])");
  CHECK(change_stock("set", "shoe", "0").starts_with("70 0 "));
  CHECK(stock("shoe") == "0");
}

TEST_CASE_FIXTURE(Shop, "stock is added and removed and the reply has the old and new value and the ledger entry") {
  stock("shoe", "97");
  const std::string answer = change_stock("add", "shoe", "3", "delivery");
  CHECK(answer == "97 100 " + results().back().id);
  CHECK(last_result() ==
        R"(status=stock change=add reason=delivery lines=[{"sku":"shoe","before":97,"quantity":3,"remaining":100}])");
  CHECK(change_stock("add", "shoe", "-100").starts_with("100 0 "));
  CHECK(last_lines() == R"([{"sku":"shoe","before":100,"quantity":-100,"remaining":0}])");
  CHECK(change_stock("add", "shoe", "0").starts_with("0 0 "));
  CHECK(change_stock("add", "shoe", "-0").starts_with("0 0 "));
  CHECK(last_lines() == R"([{"sku":"shoe","before":0,"quantity":0,"remaining":0}])");
  CHECK(stock("shoe") == "0");
}

TEST_CASE_FIXTURE(Shop, "the largest stock can be reached by set and by add and is printed to the last digit") {
  CHECK(change_stock("set", "shoe", kMaxWhole).starts_with("_ 9007199254740991 "));
  CHECK(change_stock("add", "shoe", "-" + kMaxWhole).starts_with("9007199254740991 0 "));
  CHECK(last_lines() == R"([{"sku":"shoe","before":9007199254740991,"quantity":-9007199254740991,"remaining":0}])");
  CHECK(change_stock("add", "shoe", kMaxWhole).starts_with("0 9007199254740991 "));
  CHECK(stock("shoe") == kMaxWhole);
}

TEST_CASE_FIXTURE(Shop,
                  "a change that would leave 0 to 2^53-1 or is not a whole number is refused and changes nothing") {
  stock("shoe", "5");
  const std::string before = snapshot();
  for (const char* amount :
       {"-6", "9007199254740987", "9007199254740991", "-9007199254740992", "9007199254740992", "1e3", "007", "", "-",
        "--1", "+1", " 1", "1.5", "0x10", "nan", "999999999999999999999999"}) {
    CAPTURE(amount);
    CHECK(change_stock("add", "shoe", amount).starts_with("-RANGE key product:shoe:stock: "));
    CHECK(snapshot() == before);
  }
  for (const char* amount : {"-1", "9007199254740992", "1e3", "007", "", " 1", "1.0", "-0"}) {
    CAPTURE(amount);
    CHECK(change_stock("set", "shoe", amount).starts_with("-RANGE key product:shoe:stock: "));
    CHECK(snapshot() == before);
  }
  CHECK(change_stock("double", "shoe", "1").starts_with("-ERR the change is 'set' or 'add'"));
  CHECK(snapshot() == before);
}

TEST_CASE_FIXTURE(Shop, "nothing is added to missing stock") {
  const std::string before = snapshot();
  CHECK(change_stock("add", "shoe", "1").starts_with("-UNKNOWNSKU key product:shoe:stock: "));
  CHECK(snapshot() == before);
}

TEST_CASE_FIXTURE(Shop, "bad stock cannot be added to but can be set") {
  const std::string key = stock_key("shoe");
  const std::vector<std::vector<std::string>> bad_stocks = {
      {"SET", key, "007"}, {"SET", key, "9007199254740992"}, {"SET", key, ""}, {"LPUSH", key, "100"}};
  for (const auto& bad : bad_stocks) {
    CAPTURE(bad.back());
    (void)at_server({"DEL", key});
    (void)at_server(bad);
    const std::string before = snapshot();
    CHECK(change_stock("add", "shoe", "1").starts_with("-BADSTOCK key product:shoe:stock: "));
    CHECK(snapshot() == before);
    CHECK(change_stock("set", "shoe", "8").starts_with("_ 8 "));
    CHECK(last_lines() == R"([{"sku":"shoe","before":null,"quantity":null,"remaining":8}])");
    CHECK(stock("shoe") == "8");
  }
}

TEST_CASE_FIXTURE(Shop, "a refused change of stock names the key and changes nothing") {
  stock("shoe", "5");
  const std::string key = stock_key("shoe");
  for (const char* change : {"set", "add"}) {
    refuses({wrong_type(results_stream), exhausted(results_stream), without("xadd", results_stream),
             without("xdel", results_stream), without("set", key), without("get", key),
             denied({"resetkeys", "~results", "%R~product:shoe:*", "(+evalsha ~*)"},
                    "-NOPERM key product:shoe:stock: this user has no right to SET"),
             denied({"resetkeys", "%R~results", "~product:shoe:*", "(+evalsha ~*)"},
                    "-NOPERM key results: this user has no right to XADD"),
             kOutOfMemory, kReplica},
            [&] { return change_stock(change, "shoe", "1"); });
  }
}

TEST_CASE_FIXTURE(Shop, "an order after a change of stock continues from the ledger") {
  (void)change_stock("set", "shoe", "1000000000000000");
  CHECK(settle({Order{}}) == "a");
  CHECK(last_lines() == R"([{"sku":"shoe","quantity":3,"remaining":999999999999997}])");
  CHECK(change_stock("add", "shoe", "1").starts_with("999999999999997 999999999999998 "));
}

}  // namespace orderd::test
