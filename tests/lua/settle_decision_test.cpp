// settle.lua decides: every row of the contract's table of results that an understood order can end as.
#include "shop.h"

namespace orderd::test {

TEST_CASE_FIXTURE(Shop, "an order that can be met is accepted with what remains") {
  stock("shoe", "100");
  const std::string request = deliver();
  CHECK(settle(request) == "accepted");
  CHECK(last_result() == R"(order=o-1 request=1-0 status=accepted lines=[{"sku":"shoe","quantity":3,"remaining":97}])");
  CHECK(results().size() == 1);
  CHECK(stock("shoe") == "97");
  CHECK(pending() == 0);
}

TEST_CASE_FIXTURE(Shop, "the customer stands in every kind of result") {
  stock("shoe", "5");
  const Order order{.customer = "c-7"};
  CHECK(settle(deliver(), order) == "accepted");
  CHECK(last_result() ==
        R"(order=o-1 request=1-0 status=accepted lines=[{"sku":"shoe","quantity":3,"remaining":2}] customer=c-7)");
  CHECK(settle(deliver(), order) == "duplicate");
  CHECK(results().back().field("customer") == "c-7");
  CHECK(settle(deliver(), {.id = "o-2", .customer = "c-8"}) == "insufficient_stock");
  CHECK(results().back().field("customer") == "c-8");
  CHECK(settle(deliver(), {.id = "o-2", .customer = "c-9"}) == "id_reused");
  CHECK(results().back().field("customer") == "c-9");
}

TEST_CASE_FIXTURE(Shop, "the last unit can be sold and the stock is then 0") {
  stock("shoe", "3");
  CHECK(settle(deliver()) == "accepted");
  CHECK(stock("shoe") == "0");
  CHECK(results().back().field("lines") == R"([{"sku":"shoe","quantity":3,"remaining":0}])");
}

TEST_CASE_FIXTURE(Shop, "an order for more than there is ends rejected with what is available") {
  stock("shoe", "2");
  CHECK(settle(deliver()) == "insufficient_stock");
  CHECK(last_result() == R"(order=o-1 request=1-0 status=rejected reason=insufficient_stock )"
                         R"(lines=[{"sku":"shoe","quantity":3,"available":2}])");
  CHECK(stock("shoe") == "2");
  CHECK(pending() == 0);
}

TEST_CASE_FIXTURE(Shop, "an order for what is sold out is rejected with 0 available") {
  stock("shoe", "0");
  CHECK(settle(deliver()) == "insufficient_stock");
  CHECK(results().back().field("lines") == R"([{"sku":"shoe","quantity":3,"available":0}])");
  CHECK(stock("shoe") == "0");
}

TEST_CASE_FIXTURE(Shop, "an SKU without a stock key is unknown and not sold out and none is made") {
  CHECK(settle(deliver()) == "unknown_sku");
  CHECK(
      last_result() ==
      R"(order=o-1 request=1-0 status=rejected reason=unknown_sku lines=[{"sku":"shoe","quantity":3,"available":null}])");
  CHECK(stock("shoe") == "none");
  CHECK(pending() == 0);
}

TEST_CASE_FIXTURE(Shop, "an order of several lines takes all of them") {
  stock("shoe", "10");
  stock("sock", "20");
  stock("hat", "30");
  CHECK(settle(deliver(), {.lines = {{"shoe", "1"}, {"sock", "2"}, {"hat", "3"}}}) == "accepted");
  CHECK(results().back().field("lines") ==
        R"([{"sku":"shoe","quantity":1,"remaining":9},{"sku":"sock","quantity":2,"remaining":18},)"
        R"({"sku":"hat","quantity":3,"remaining":27}])");
  CHECK(stock("shoe") == "9");
  CHECK(stock("sock") == "18");
  CHECK(stock("hat") == "27");
}

TEST_CASE_FIXTURE(Shop, "an order of several lines takes nothing where one line cannot be met") {
  stock("shoe", "10");
  stock("hat", "2");
  SUBCASE("the last") {
    CHECK(settle(deliver(), {.lines = {{"shoe", "1"}, {"hat", "3"}}}) == "insufficient_stock");
    CHECK(results().back().field("lines") ==
          R"([{"sku":"shoe","quantity":1,"available":10},{"sku":"hat","quantity":3,"available":2}])");
  }
  SUBCASE("the first") {
    CHECK(settle(deliver(), {.lines = {{"hat", "3"}, {"shoe", "1"}}}) == "insufficient_stock");
    CHECK(results().back().field("lines") ==
          R"([{"sku":"hat","quantity":3,"available":2},{"sku":"shoe","quantity":1,"available":10}])");
  }
  SUBCASE("one that is unknown") {
    CHECK(settle(deliver(), {.lines = {{"shoe", "1"}, {"glove", "1"}}}) == "unknown_sku");
    CHECK(results().back().field("lines") ==
          R"([{"sku":"shoe","quantity":1,"available":10},{"sku":"glove","quantity":1,"available":null}])");
  }
  CHECK(stock("shoe") == "10");
  CHECK(stock("hat") == "2");
  CHECK(results().size() == 1);
  CHECK(pending() == 0);
}

TEST_CASE_FIXTURE(Shop, "the first of several lines that cannot be met names the reason") {
  stock("shoe", "1");
  CHECK(settle(deliver(), {.id = "o-1", .lines = {{"shoe", "2"}, {"hat", "1"}}}) == "insufficient_stock");
  CHECK(settle(deliver(), {.id = "o-2", .lines = {{"hat", "1"}, {"shoe", "2"}}}) == "unknown_sku");
}

TEST_CASE_FIXTURE(Shop, "an SKU in two lines is sold line by line as long as there is enough for both") {
  stock("shoe", "7");
  CHECK(settle(deliver(), {.lines = {{"shoe", "3"}, {"shoe", "4"}}}) == "accepted");
  CHECK(results().back().field("lines") ==
        R"([{"sku":"shoe","quantity":3,"remaining":4},{"sku":"shoe","quantity":4,"remaining":0}])");
  CHECK(stock("shoe") == "0");
}

TEST_CASE_FIXTURE(Shop, "a retry of an accepted order is a duplicate that points at the first result") {
  stock("shoe", "100");
  CHECK(settle(deliver()) == "accepted");
  const std::string original = results().back().id;
  CHECK(settle(deliver()) == "duplicate");
  CHECK(last_result() == "order=o-1 request=2-0 status=duplicate outcome=accepted original=" + original);
  CHECK(settle(deliver()) == "duplicate");
  CHECK(results().back().field("original") == original);
  CHECK(stock("shoe") == "97");
  CHECK(results().size() == 3);
  CHECK(pending() == 0);
}

TEST_CASE_FIXTURE(Shop, "a retry of a rejected order is a duplicate though the stock has come back") {
  stock("shoe", "0");
  CHECK(settle(deliver()) == "insufficient_stock");
  const std::string original = results().back().id;
  stock("shoe", "100");
  CHECK(settle(deliver()) == "duplicate");
  CHECK(last_result() == "order=o-1 request=2-0 status=duplicate outcome=rejected original=" + original);
  CHECK(stock("shoe") == "100");
}

TEST_CASE_FIXTURE(Shop, "the same id with another content is refused and the first decision stands") {
  stock("shoe", "100");
  CHECK(settle(deliver()) == "accepted");
  const std::string record_before = record("o-1");
  CHECK(settle(deliver(), {.lines = {{"shoe", "4"}}}) == "id_reused");
  CHECK(last_result() == "order=o-1 request=2-0 status=rejected reason=id_reused");
  CHECK(stock("shoe") == "97");
  CHECK(record("o-1") == record_before);
  CHECK(settle(deliver()) == "duplicate");
  CHECK(pending() == 0);
}

TEST_CASE_FIXTURE(Shop, "results are written in the order of decisions whatever the order of the requests") {
  stock("shoe", "100");
  const std::string first = deliver(), second = deliver();
  CHECK(settle(second, {.id = "o-2"}) == "accepted");
  CHECK(settle(first, {.id = "o-1"}) == "accepted");
  const auto written = results();
  REQUIRE(written.size() == 2);
  CHECK(written[0].field("request") == second);
  CHECK(written[1].field("request") == first);
}

TEST_CASE_FIXTURE(Shop, "bytes of every kind pass through ids and customers") {
  stock("shoe", "100");
  const std::string id = "\xc3\xa9 %s %d \"\\ $1 ]]--";
  CHECK(settle(deliver(), {.id = id, .customer = "a=b \xe2\x82\xac"}) == "accepted");
  CHECK(results().back().field("order") == id);
  CHECK(results().back().field("customer") == "a=b \xe2\x82\xac");
  CHECK(settle(deliver(), {.id = id, .customer = "a=b \xe2\x82\xac"}) == "duplicate");
}

}  // namespace orderd::test
