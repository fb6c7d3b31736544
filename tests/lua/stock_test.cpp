// stock.lua: an operator changes stock, and the ledger records it.
#include "shop.h"

namespace orderd::test {
namespace {

const std::string kMaxWhole = "9007199254740991";  // 2^53-1

}  // namespace

TEST_CASE_FIXTURE(Shop, "stock is set and the ledger shows the old and the new value") {
  CHECK(change_stock("set", "shoe", "100", "first delivery").starts_with("_ 100 "));
  CHECK(
      last_result() ==
      R"(status=stock change=set reason=first delivery lines=[{"sku":"shoe","before":null,"quantity":100,"remaining":100}])");
  CHECK(change_stock("set", "shoe", "70").starts_with("100 70 "));
  CHECK(results().back().field("lines") == R"([{"sku":"shoe","before":100,"quantity":-30,"remaining":70}])");
  CHECK(change_stock("set", "shoe", "70").starts_with("70 70 "));
  CHECK(results().back().field("lines") == R"([{"sku":"shoe","before":70,"quantity":0,"remaining":70}])");
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
  CHECK(results().back().field("lines") == R"([{"sku":"shoe","before":100,"quantity":-100,"remaining":0}])");
  CHECK(change_stock("add", "shoe", "0").starts_with("0 0 "));
  CHECK(change_stock("add", "shoe", "-0").starts_with("0 0 "));
  CHECK(results().back().field("lines") == R"([{"sku":"shoe","before":0,"quantity":0,"remaining":0}])");
  CHECK(stock("shoe") == "0");
}

TEST_CASE_FIXTURE(Shop, "the largest stock can be reached by set and by add and is printed to the last digit") {
  CHECK(change_stock("set", "shoe", kMaxWhole).starts_with("_ 9007199254740991 "));
  CHECK(change_stock("add", "shoe", "-" + kMaxWhole).starts_with("9007199254740991 0 "));
  CHECK(results().back().field("lines") ==
        R"([{"sku":"shoe","before":9007199254740991,"quantity":-9007199254740991,"remaining":0}])");
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
  SUBCASE("a string") {
    stock("shoe", "007");
  }
  SUBCASE("too much") {
    stock("shoe", "9007199254740992");
  }
  SUBCASE("an empty string") {
    stock("shoe", "");
  }
  SUBCASE("a list") {
    (void)at_server({"LPUSH", stock_key("shoe"), "100"});
  }
  const std::string before = snapshot();
  CHECK(change_stock("add", "shoe", "1").starts_with("-BADSTOCK key product:shoe:stock: "));
  CHECK(snapshot() == before);
  CHECK(change_stock("set", "shoe", "8").starts_with("_ 8 "));
  CHECK(results().back().field("lines") == R"([{"sku":"shoe","before":null,"quantity":null,"remaining":8}])");
  CHECK(stock("shoe") == "8");
}

TEST_CASE_FIXTURE(Shop, "a refused change of stock names the key and changes nothing") {
  stock("shoe", "5");
  std::string beginning;
  SUBCASE("results is not a stream") {
    (void)at_server({"LPUSH", results_stream, "x"});
    beginning = "-WRONGTYPE key results: ";
  }
  SUBCASE("results has used up its last ID") {
    (void)at_server({"XADD", results_stream, "18446744073709551615-18446744073709551615", "x", "y"});
    beginning = "-ERR key results: ";
  }
  const std::vector<std::pair<std::string, std::string>> rights = {
      {"xadd", "results"}, {"xdel", "results"}, {"set", "product:shoe:stock"}, {"get", "product:shoe:stock"}};
  for (const auto& [command, key] : rights) {
    SUBCASE(command.c_str()) {
      acl({"-" + command});
      beginning = "-NOPERM key " + key + ": ";
    }
  }
  SUBCASE("stock is read-only") {
    acl({"resetkeys", "~results", "%R~product:shoe:*", "(+evalsha ~*)"});
    beginning = "-NOPERM key product:shoe:stock: this user has no right to SET";
  }
  SUBCASE("results is read-only") {
    acl({"resetkeys", "%R~results", "~product:shoe:*", "(+evalsha ~*)"});
    beginning = "-NOPERM key results: this user has no right to XADD";
  }
  SUBCASE("out of memory") {
    (void)at_server({"CONFIG", "SET", "maxmemory", "1"});
    beginning = "-OOM ";
  }
  SUBCASE("a replica") {
    (void)at_server({"REPLICAOF", "127.0.0.1", "1"});
    beginning = "-READONLY ";
  }
  const std::string before = snapshot();
  for (const char* change : {"set", "add"}) {
    const std::string answer = change_stock(change, "shoe", "1");
    CHECK_MESSAGE(answer.starts_with(beginning), answer);
    CHECK(snapshot() == before);
  }
}

TEST_CASE_FIXTURE(Shop, "an order after a change of stock continues from the ledger") {
  (void)change_stock("set", "shoe", "1000000000000000");
  CHECK(settle({Order{}}) == "a");
  CHECK(results().back().field("lines") == R"([{"sku":"shoe","quantity":3,"remaining":999999999999997}])");
  CHECK(change_stock("add", "shoe", "1").starts_with("999999999999997 999999999999998 "));
}

}  // namespace orderd::test
