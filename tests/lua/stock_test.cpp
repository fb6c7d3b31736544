// stock.lua: an operator changes stock, and the ledger records it.
#include "shop.h"

namespace orderd::test {

TEST_CASE_FIXTURE(Shop, "stock is set or added to and the reply and the ledger show the old and the new value") {
  struct Row {
    std::string change, amount, before, quantity, remaining;
  };
  const Row rows[] = {
      {"set", "100", "null", "100", "100"},
      {"set", "70", "100", "-30", "70"},
      {"set", "70", "70", "0", "70"},
      {"add", "3", "70", "3", "73"},
      {"add", "-73", "73", "-73", "0"},
      {"add", "0", "0", "0", "0"},
      {"add", "-0", "0", "0", "0"},
      {"set", kMaxWhole, "0", kMaxWhole, kMaxWhole},
      {"add", "-" + kMaxWhole, kMaxWhole, "-" + kMaxWhole, "0"},
      {"add", kMaxWhole, "0", kMaxWhole, kMaxWhole},
      {"set", "0", kMaxWhole, "-" + kMaxWhole, "0"},
  };
  for (const auto& [change, amount, before, quantity, remaining] : rows) {
    CAPTURE(change + " " + amount);
    const std::string answer = change_stock(change, "shoe", amount, "a delivery");
    CHECK(answer == (before == "null" ? "_" : before) + " " + remaining + " " + results().back().id);
    CHECK(last_result() == "status=stock change=" + change + R"( reason=a delivery lines=[{"sku":"shoe","before":)" +
                               before + R"(,"quantity":)" + quantity + R"(,"remaining":)" + remaining + "}]");
    CHECK(stock("shoe") == remaining);
  }
}

TEST_CASE_FIXTURE(
    Shop, "a change that would leave 0 to 2^53-1 or is not a whole number or of missing stock changes nothing") {
  stock("shoe", "5");
  const auto is_refused = [this](const std::string& change, const std::string& amount, const std::string& error) {
    CAPTURE(change + " " + amount);
    CHECK(unchanged([&] { return change_stock(change, "shoe", amount); }) == Begins{error});
  };
  const std::string range = "-RANGE key product:shoe:stock: ";
  for (const char* amount :
       {"-6", "9007199254740987", "9007199254740991", "-9007199254740992", "9007199254740992", "1e3", "007", "", "-",
        "--1", "+1", " 1", "1.5", "0x10", "nan", "999999999999999999999999"}) {
    is_refused("add", amount, range);
  }
  for (const char* amount : {"-1", "9007199254740992", "1e3", "007", "", " 1", "1.0", "-0"})
    is_refused("set", amount, range);
  is_refused("double", "1", "-ERR the change is 'set' or 'add'");
  (void)at_server({"DEL", stock_key("shoe")});
  is_refused("add", "1", "-UNKNOWNSKU key product:shoe:stock: ");
}

TEST_CASE_FIXTURE(Shop, "bad stock cannot be added to but can be set") {
  const std::string key = stock_key("shoe");
  for (const Words& bad : std::vector<Words>{
           {"SET", key, "007"}, {"SET", key, "9007199254740992"}, {"SET", key, ""}, {"LPUSH", key, "100"}}) {
    CAPTURE(bad.back());
    (void)at_server({"DEL", key});
    (void)at_server(bad);
    CHECK(unchanged([this] { return change_stock("add", "shoe", "1"); }) ==
          Begins{"-BADSTOCK key product:shoe:stock: "});
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
