// settle.lua counts: quantities and stock up to 2^53-1, and nothing that merely looks like a number.
#include "shop.h"

namespace orderd::test {
namespace {

const std::string kMaxWhole = "9007199254740991";  // 2^53-1

}  // namespace

TEST_CASE_FIXTURE(Shop, "the largest quantity takes the largest stock") {
  stock("shoe", kMaxWhole);
  CHECK(settle(deliver(), {.lines = {{"shoe", kMaxWhole}}}) == "accepted");
  CHECK(stock("shoe") == "0");
  CHECK(results().back().field("lines") == R"([{"sku":"shoe","quantity":9007199254740991,"remaining":0}])");
}

TEST_CASE_FIXTURE(Shop, "what remains and what is available are printed to the last digit") {
  struct Example {
    std::string stock, quantity, left;
  };
  for (const auto& [have, want, left] : std::initializer_list<Example>{
           {kMaxWhole, "1", "9007199254740990"},
           {kMaxWhole, "2", "9007199254740989"},
           {"9007199254740990", "1", "9007199254740989"},
           {"1000000000000001", "1", "1000000000000000"},
           {"100000000000001", "1", "100000000000000"},  // 1e14: where Lua's own printing turns to 1e+14
           {"100000000000000", "1", "99999999999999"},
           {"123456789012345", "1", "123456789012344"},
           {"1000000", "1", "999999"},
       }) {
    const std::string request = deliver();
    stock("shoe", have);
    CHECK(settle(request, {.id = request, .lines = {{"shoe", want}}}) == "accepted");
    CHECK(results().back().field("lines") == R"([{"sku":"shoe","quantity":)" + want + R"(,"remaining":)" + left + "}]");
    CHECK(stock("shoe") == left);
  }
  stock("shoe", "9007199254740990");
  CHECK(settle(deliver(), {.id = "more", .lines = {{"shoe", kMaxWhole}}}) == "insufficient_stock");
  CHECK(results().back().field("lines") ==
        R"([{"sku":"shoe","quantity":9007199254740991,"available":9007199254740990}])");
}

TEST_CASE_FIXTURE(Shop, "a stock key that holds no whole number from 0 to 2^53-1 is bad stock and stays as it is") {
  for (const auto& bad : std::vector<std::string>{"007",
                                                  "1e3",
                                                  " 7",
                                                  "7 ",
                                                  "",
                                                  "-1",
                                                  "-0",
                                                  "+7",
                                                  "0x10",
                                                  "1.0",
                                                  "nan",
                                                  "inf",
                                                  "00",
                                                  "seven",
                                                  "9007199254740992",
                                                  "9223372036854775807",
                                                  "9999999999999999",
                                                  "1234567890123456789012345678901234567890",
                                                  "7\n",
                                                  std::string("7\0", 2)}) {
    CAPTURE(bad);
    const std::string request = deliver();
    stock("shoe", bad);
    CHECK(settle(request, {.id = request, .lines = {{"shoe", "1"}}}) == "bad_stock");
    CHECK(results().back().field("reason") == "bad_stock");
    CHECK(results().back().field("lines") == R"([{"sku":"shoe","quantity":1,"available":null}])");
    CHECK(stock("shoe") == bad);
  }
  CHECK(pending() == 0);
}

TEST_CASE_FIXTURE(Shop, "bad stock behind a line that can be met takes nothing from either") {
  stock("hat", "5");
  for (const char* bad : {"-1", "-9223372036854775808", "007", "1e3", "", "seven", "9007199254740992"}) {
    for (const char* quantity : {"1", "2"}) {
      CAPTURE(bad);
      CAPTURE(quantity);
      const std::string request = deliver();
      stock("shoe", bad);
      CHECK(settle(request, {.id = request, .lines = {{"hat", quantity}, {"shoe", quantity}}}) == "bad_stock");
      CHECK(stock("hat") == "5");
      CHECK(stock("shoe") == bad);
    }
  }
  CHECK(pending() == 0);
}

TEST_CASE_FIXTURE(Shop, "a stock key of another type is bad stock") {
  (void)ask(admin(), {"LPUSH", stock_key("shoe"), "100"});
  CHECK(settle(deliver()) == "bad_stock");
  CHECK(results().back().field("lines") == R"([{"sku":"shoe","quantity":3,"available":null}])");
  CHECK(ask(admin(), {"TYPE", stock_key("shoe")}) == "list");
}

TEST_CASE_FIXTURE(Shop,
                  "a quantity that is no whole number from 1 to 2^53-1 is a fault of the caller and changes nothing") {
  stock("shoe", kMaxWhole);
  stock("hat", "5");
  const std::string request = deliver();
  const std::string before = snapshot();
  for (const char* bad : {"0", "-5", "1e1", "0x10", " 7 ", "7 ", "007", "+3", "nan", "inf", "-nan", "", "3.0", "1.5",
                          "9007199254740992", "9007199254740993", "9223372036854775808", "999999999999999999999999"}) {
    CAPTURE(bad);
    const std::string answer = settle(request, {.lines = {{"hat", "1"}, {"shoe", bad}}});
    CHECK(answer.starts_with("-ERR the quantity of line 2 is not a whole number from 1 to 2^53-1"));
    CHECK(snapshot() == before);
  }
}

TEST_CASE_FIXTURE(Shop, "orders of 64 and of 1000 lines are settled as one") {
  for (const int count : {64, 1000}) {
    CAPTURE(count);
    Order order{.id = "o-" + std::to_string(count), .lines = {}};
    std::string expected;
    for (int i = 1; i <= count; ++i) {
      const std::string sku = "sku-" + std::to_string(i);
      stock(sku, std::to_string(i));
      order.lines.push_back({sku, std::to_string(i)});
      expected +=
          (i == 1 ? "[" : ",") + (R"({"sku":")" + sku) + R"(","quantity":)" + std::to_string(i) + R"(,"remaining":0})";
    }
    const std::string request = deliver();
    CHECK(settle(request, order) == "accepted");
    CHECK(results().back().field("lines") == expected + "]");
    for (int i = 1; i <= count; ++i) CHECK(stock("sku-" + std::to_string(i)) == "0");
    order.id += "-again";
    CHECK(settle(deliver(), order) == "insufficient_stock");
  }
  CHECK(pending() == 0);
}

TEST_CASE_FIXTURE(Shop, "selling neither sets nor clears a time to live of the stock") {
  stock("shoe", "5");
  (void)ask(admin(), {"PEXPIRE", stock_key("shoe"), "100000"});
  CHECK(settle(deliver()) == "accepted");
  CHECK(ask_number(admin(), {"PTTL", stock_key("shoe")}) > 0);
  stock("shoe", "5");
  CHECK(settle(deliver(), {.id = "o-2"}) == "accepted");
  CHECK(ask_number(admin(), {"PTTL", stock_key("shoe")}) == -1);
}

}  // namespace orderd::test
