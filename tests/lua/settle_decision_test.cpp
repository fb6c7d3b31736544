// settle.lua decides: every row of the contract's table of results, one call each.
#include "shop.h"

namespace orderd::test {
TEST_CASE_FIXTURE(Shop, "an order that can be met is accepted and shows what remains") {
  stock("shoe", "100");
  CHECK(settle({Order{}}) == "a");
  CHECK(last_result() == R"(order=o-1 request=1-0 status=accepted lines=[{"sku":"shoe","quantity":3,"remaining":97}])");
  CHECK(results().size() == 1);
  CHECK(stock("shoe") == "97");
  CHECK(position_field("id") == "1-0");
  CHECK(position_field("count") == "1");
  CHECK(position_field("result") == results().back().id);
}

TEST_CASE_FIXTURE(Shop, "the last unit can be sold and the stock is then 0") {
  stock("shoe", "3");
  CHECK(settle({Order{}}) == "a");
  CHECK(stock("shoe") == "0");
  CHECK(last_lines() == R"([{"sku":"shoe","quantity":3,"remaining":0}])");
}

TEST_CASE_FIXTURE(Shop, "an order for more than the stock is rejected and shows what is available") {
  for (const char* have : {"2", "0"}) {
    stock("shoe", have);
    CHECK(settle({Order{.id = std::string("o-") + have}}) == "s");
    CHECK(text_of(results().back())
              .find(R"(status=rejected reason=insufficient_stock lines=[{"sku":"shoe","quantity":3,)"
                    R"("available":)" +
                    std::string(have) + "}]") != std::string::npos);
    CHECK(stock("shoe") == have);
  }
}

TEST_CASE_FIXTURE(Shop, "an SKU without a stock key is unknown rather than sold out and no key is created") {
  CHECK(settle({Order{}}) == "u");
  CHECK(last_result() == R"(order=o-1 request=1-0 status=rejected reason=unknown_sku )"
                         R"(lines=[{"sku":"shoe","quantity":3,"available":null}])");
  CHECK(stock("shoe") == "none");
}

TEST_CASE_FIXTURE(Shop, "a malformed request gets a result and a dead letter with the raw fields") {
  CHECK(settle({Malformed{.id = "o-9", .customer = "c-7", .raw = {"sku", "shoe", "x", "", "x", "again"}}}) == "m");
  CHECK(last_result() == "order=o-9 request=1-0 status=rejected reason=malformed customer=c-7 detail=`id` is missing");
  const auto letters = entries(admin(), dead);
  REQUIRE(letters.size() == 1);
  CHECK(text_of(letters[0]) ==
        "request=1-0 result=" + results().back().id + " detail=`id` is missing sku=shoe x= x=again");
  CHECK(settle({Malformed{.raw = {}}}) == "m");
  CHECK(last_result() == "order= request=2-0 status=rejected reason=malformed detail=`id` is missing");
  CHECK(text_of(entries(admin(), dead).back()) ==
        "request=2-0 result=" + results().back().id + " detail=`id` is missing");
}

TEST_CASE_FIXTURE(Shop, "an order of another lane is rejected and leaves neither a record nor a dead letter") {
  stock("shoe", "5");
  const Order stray{.customer = "c-7", .elsewhere = "'shoe' belongs to lane 'c', and this is lane 'a'"};
  CHECK(settle({stray, Order{.id = "o-2"}, stray}) == "waw");
  CHECK(text_of(results()[0]) ==
        "order=o-1 request=1-0 status=rejected reason=wrong_lane customer=c-7 detail='shoe' belongs to lane 'c', and "
        "this is lane 'a'");
  CHECK(record("o-1") == "none");
  CHECK(length(admin(), dead) == 0);
  CHECK(stock("shoe") == "2");
}

TEST_CASE_FIXTURE(Shop, "an order of another lane that was decided in this one is recognized") {
  stock("shoe", "5");
  const std::string detail = "'shoe' belongs to lane 'c', and this is lane 'a'";
  CHECK(settle({Order{}}) == "a");
  CHECK(settle({Order{.elsewhere = detail}}) == "d");
  CHECK(settle({Order{.lines = {{"shoe", "1"}}, .elsewhere = detail}}) == "i");
  CHECK(settle({Order{.id = "o-2"}, Order{.id = "o-2", .elsewhere = detail}}) == "sd");
  window = "0";
  CHECK(settle({Order{.elsewhere = detail}}) == "w");
  CHECK(stock("shoe") == "2");
}

TEST_CASE_FIXTURE(Shop, "the customer is in every kind of result if one was given") {
  stock("shoe", "5");
  stock("bad", "x");
  set(admin(), record_key("foreign"), "x");
  const std::vector<Request> requests = {
      Order{.id = "a", .customer = "c-1"},
      Order{.id = "a", .customer = "c-1"},
      Order{.id = "a", .customer = "c-2"},
      Order{.id = "b", .customer = "c-3"},
      Order{.id = "c", .lines = {{"hat", "1"}}, .customer = "c-4"},
      Order{.id = "d", .lines = {{"bad", "1"}}, .customer = "c-5"},
      Order{.id = "foreign", .customer = "c-6"},
      Malformed{.customer = "c-7"},
  };
  CHECK(settle(requests) == "adisukrm");
  std::string customers;
  for (const Entry& result : results()) customers += result.field("customer") + " ";
  CHECK(customers == "c-1 c-1 c-2 c-3 c-4 c-5 c-6 c-7 ");
}

TEST_CASE_FIXTURE(Shop, "an order of several lines takes all of them") {
  stock("shoe", "10");
  stock("sock", "20");
  stock("hat", "30");
  CHECK(settle({Order{.lines = {{"shoe", "1"}, {"sock", "2"}, {"hat", "3"}}}}) == "a");
  CHECK(last_lines() == R"([{"sku":"shoe","quantity":1,"remaining":9},{"sku":"sock","quantity":2,"remaining":18},)"
                        R"({"sku":"hat","quantity":3,"remaining":27}])");
  CHECK(stock("shoe") + " " + stock("sock") + " " + stock("hat") == "9 18 27");
}

TEST_CASE_FIXTURE(Shop, "an order of several lines takes nothing if one line cannot be met") {
  stock("shoe", "10");
  stock("hat", "2");
  stock("bad", "007");
  const std::string shoe = R"({"sku":"shoe","quantity":1,"available":10})",
                    hat = R"({"sku":"hat","quantity":3,"available":2})";
  CHECK(settle({Order{.id = "last", .lines = {{"shoe", "1"}, {"hat", "3"}}}}) == "s");
  CHECK(last_lines() == "[" + shoe + "," + hat + "]");
  CHECK(settle({Order{.id = "first", .lines = {{"hat", "3"}, {"shoe", "1"}}}}) == "s");
  CHECK(last_lines() == "[" + hat + "," + shoe + "]");
  CHECK(settle({Order{.id = "unknown", .lines = {{"shoe", "1"}, {"glove", "1"}}}}) == "u");
  CHECK(last_lines() == "[" + shoe + R"(,{"sku":"glove","quantity":1,"available":null}])");
  CHECK(settle({Order{.id = "bad", .lines = {{"shoe", "1"}, {"bad", "1"}}}}) == "k");
  CHECK(last_lines() == "[" + shoe + R"(,{"sku":"bad","quantity":1,"available":null}])");
  CHECK(stock("shoe") == "10");
  CHECK(stock("hat") == "2");
  CHECK(results().size() == 4);
}

TEST_CASE_FIXTURE(Shop, "the first of several lines that cannot be met names the reason") {
  stock("shoe", "1");
  stock("bad", "");
  CHECK(settle({Order{.id = "1", .lines = {{"shoe", "2"}, {"hat", "1"}, {"bad", "1"}}}}) == "s");
  CHECK(settle({Order{.id = "2", .lines = {{"hat", "1"}, {"bad", "1"}, {"shoe", "2"}}}}) == "u");
  CHECK(settle({Order{.id = "3", .lines = {{"bad", "1"}, {"shoe", "2"}, {"hat", "1"}}}}) == "k");
}

TEST_CASE_FIXTURE(Shop, "a retry is a duplicate that points at the first result and repeats its outcome") {
  stock("shoe", "3");
  CHECK(settle({Order{.id = "yes"}}) == "a");
  const std::string accepted = results().back().id;
  CHECK(settle({Order{.id = "no"}}) == "s");
  const std::string rejected = results().back().id;
  stock("shoe", "100");
  for (int i = 3; i < 6; i += 2) {
    CHECK(settle({Order{.id = "yes"}}) == "d");
    CHECK(last_result() ==
          "order=yes request=" + std::to_string(i) + "-0 status=duplicate outcome=accepted original=" + accepted);
    CHECK(settle({Order{.id = "no"}}) == "d");
    CHECK(last_result() ==
          "order=no request=" + std::to_string(i + 1) + "-0 status=duplicate outcome=rejected original=" + rejected);
  }
  CHECK(stock("shoe") == "100");
}

TEST_CASE_FIXTURE(Shop, "the same ID with another content is refused and the first decision remains") {
  stock("shoe", "100");
  CHECK(settle({Order{}}) == "a");
  const std::string before = record("o-1");
  CHECK(settle({Order{.lines = {{"shoe", "4"}}}}) == "i");
  CHECK(last_result() == "order=o-1 request=2-0 status=rejected reason=id_reused");
  CHECK(stock("shoe") == "97");
  CHECK(record("o-1") == before);
  CHECK(settle({Order{}}) == "d");
}

TEST_CASE_FIXTURE(Shop, "the record holds digest, outcome and result and lives as long as the window") {
  stock("shoe", "3");
  window = "5000";
  CHECK(settle({Order{.id = "yes"}, Order{.id = "no"}}) == "as");
  const auto written = results();
  CHECK(record("yes") == digest_of(Order{}) + "a" + written[0].id);
  CHECK(record("no") == digest_of(Order{}) + "r" + written[1].id);
  for (const char* id : {"yes", "no"}) {
    const auto ms = ask_number(admin(), {"PTTL", record_key(id)});
    CHECK(ms > 0);
    CHECK(ms <= 5000);
  }
}

TEST_CASE_FIXTURE(Shop, "a record of an earlier version is understood") {
  stock("shoe", "100");
  set(admin(), record_key("o-1"), digest_of(Order{}) + "a1-1 1-0");
  CHECK(settle({Order{}, Order{.lines = {{"shoe", "4"}}}}) == "di");
  CHECK(results().front().field("original") == "1-1");
}

TEST_CASE_FIXTURE(Shop, "with a window of 0 there are no records and no duplicates and records are not read") {
  stock("shoe", "10");
  window = "0";
  set(admin(), record_key("foreign"), "somebody else's");
  CHECK(settle({Order{}, Order{}, Order{.id = "foreign"}, Order{.lines = {{"shoe", "2"}}}}) == "aaas");
  CHECK(stock("shoe") == "1");
  CHECK(record("o-1") == "none");
  CHECK(record("foreign") == "somebody else's");
}

TEST_CASE_FIXTURE(Shop, "all byte values are preserved in IDs and customers and details") {
  stock("shoe", "100");
  const std::string id = "\xc3\xa9 %s %d %1 \"\\ $1 ]]--", customer = "a=b \xe2\x82\xac";
  const std::string raw("\0\xff\r\n", 4);
  const std::vector<Request> requests = {Order{.id = id, .customer = customer}, Order{.id = id, .customer = customer},
                                         Malformed{.id = id, .detail = id, .raw = {raw, raw}}};
  CHECK(settle(requests) == "adm");
  const auto written = results();
  for (const Entry& result : written) CHECK(result.field("order") == id);
  CHECK(written[1].field("customer") == customer);
  CHECK(written[2].field("detail") == id);
  CHECK(entries(admin(), dead).front().field(raw) == raw);
}

}  // namespace orderd::test
