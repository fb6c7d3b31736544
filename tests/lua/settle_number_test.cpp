// Numbers in settle.lua: quantities and stock up to 2^53-1, and nothing that only looks like a number.
#include "shop.h"

namespace orderd::test {

TEST_CASE_FIXTURE(Shop, "what remains and what is available are printed to the last digit") {
  struct Example {
    std::string stock, quantity, left;
  };
  int next = 0;
  for (const auto& [have, want, left] : std::initializer_list<Example>{
           {kMaxWhole, kMaxWhole, "0"},
           {kMaxWhole, "1", "9007199254740990"},
           {kMaxWhole, "2", "9007199254740989"},
           {"9007199254740990", "1", "9007199254740989"},
           {"1000000000000001", "1", "1000000000000000"},
           {"100000000000001", "1", "100000000000000"},  // 1e14: Lua itself would print 1e+14
           {"100000000000000", "1", "99999999999999"},
           {"123456789012345", "1", "123456789012344"},
           {"1000000", "1", "999999"},
       }) {
    stock("shoe", have);
    CHECK(settle({Order{.id = std::to_string(++next), .lines = {{"shoe", want}}}}) == "a");
    CHECK(last_lines() == R"([{"sku":"shoe","quantity":)" + want + R"(,"remaining":)" + left + "}]");
    CHECK(stock("shoe") == left);
  }
  stock("shoe", "9007199254740990");
  CHECK(settle({Order{.id = "more", .lines = {{"shoe", kMaxWhole}}}}) == "s");
  CHECK(last_lines() == R"([{"sku":"shoe","quantity":9007199254740991,"available":9007199254740990}])");
}

TEST_CASE_FIXTURE(Shop, "a stock key that is not a whole number from 0 to 2^53-1 is bad stock and stays as it is") {
  int next = 0;
  stock("hat", "5");
  std::vector<std::string> bad_stocks = {"007",  "1e3", " 7",  "7 ",  "",   "-1",    "-0", "+7",
                                         "0x10", "1.0", "nan", "inf", "00", "seven", "7\n"};
  bad_stocks.insert(bad_stocks.end(), {"9007199254740992", "9223372036854775807", "9999999999999999",
                                       "-9223372036854775808", "1234567890123456789012345678901234567890"});
  bad_stocks.emplace_back("7\0", 2);
  for (const auto& bad : bad_stocks) {
    CAPTURE(bad);
    stock("shoe", bad);
    const std::string id = std::to_string(++next);
    const Order alone{.id = id, .lines = {{"shoe", "1"}}};
    const Order behind{.id = id + "-2", .lines = {{"hat", "2"}, {"shoe", "2"}}};
    CHECK(settle({alone, behind}) == "kk");
    const auto written = results();
    CHECK(written[written.size() - 2].field("reason") == "bad_stock");
    CHECK(written[written.size() - 2].field("lines") == R"([{"sku":"shoe","quantity":1,"available":null}])");
    CHECK(written.back().field("lines") ==
          R"([{"sku":"hat","quantity":2,"available":5},{"sku":"shoe","quantity":2,"available":null}])");
    CHECK(stock("shoe") == bad);
  }
  CHECK(stock("hat") == "5");
}

TEST_CASE_FIXTURE(Shop, "a stock key of another type is bad stock") {
  (void)at_server({"LPUSH", stock_key("shoe"), "100"});
  CHECK(settle({Order{}}) == "k");
  CHECK(last_lines() == R"([{"sku":"shoe","quantity":3,"available":null}])");
  CHECK(at_server({"TYPE", stock_key("shoe")}) == "list");
}

TEST_CASE_FIXTURE(Shop, "stock that disappears or appears between two calls is used by the second one") {
  stock("shoe", "100");
  CHECK(settle({Order{.id = "1"}}) == "a");
  (void)at_server({"DEL", stock_key("shoe")});
  CHECK(settle({Order{.id = "2"}, Order{.id = "3"}}) == "uu");
  stock("shoe", "3");
  CHECK(settle({Order{.id = "4"}, Order{.id = "5"}}) == "as");
}

TEST_CASE_FIXTURE(Shop, "selling neither sets nor clears a time to live of the stock") {
  stock("shoe", "5");
  (void)at_server({"PEXPIRE", stock_key("shoe"), "100000"});
  CHECK(settle({Order{}}) == "a");
  CHECK(ask_number(admin(), {"PTTL", stock_key("shoe")}) > 0);
  stock("shoe", "5");
  CHECK(settle({Order{.id = "o-2"}}) == "a");
  CHECK(ask_number(admin(), {"PTTL", stock_key("shoe")}) == -1);
}

TEST_CASE_FIXTURE(Shop, "a quantity below 1 is an error and changes nothing") {
  stock("shoe", kMaxWhole);
  stock("hat", "5");
  const std::string before = snapshot();
  for (const char* bad : {"0", "-5", "-0"}) {
    CAPTURE(bad);
    const Order order{.id = "2", .lines = {{"hat", "1"}, {"shoe", bad}}};
    const std::string answer = run(Call{"0-0", window, {{"1-0", Order{.lines = {{"hat", "1"}}}}, {"2-0", order}}});
    CHECK_MESSAGE(answer.starts_with("-ERR key product:hat:stock: a quantity is not a whole number"), answer);
    CHECK(snapshot() == before);
  }
}

}  // namespace orderd::test
