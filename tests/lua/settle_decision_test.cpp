// settle.lua decides: every row of the contract's table of results, and numbers up to 2^53-1.
#include "shop.h"

namespace orderd::test {
namespace {

// A line of an order, the stock of its SKU ("none": no key), and the number that the result shows for it.
struct ShownLine {
  std::string sku, quantity, stock, shown;
};

class DecidingShop : public Shop {
 public:
  // One order of these lines: its letter, its result, and that it takes all of the lines or none.
  void decides(const std::string& letter, const std::vector<ShownLine>& lines) {
    Order order{.id = "o-" + std::to_string(results().size()), .lines = {}};
    std::string shown;
    for (const auto& [sku, quantity, value, number] : lines) {
      order.lines.push_back({sku, quantity});
      (void)at_server({"DEL", stock_key(sku)});
      if (value != "none") stock(sku, value);
      shown += (shown.empty() ? "" : ",") + (R"({"sku":")" + sku) + R"(","quantity":)" + quantity +
               (letter == "a" ? R"(,"remaining":)" : R"(,"available":)") + number + "}";
    }
    CAPTURE(shown);
    CHECK(settle({order}) == letter);
    static const std::map<std::string, std::string> kStatus = {{"a", "accepted"},
                                                               {"s", "rejected reason=insufficient_stock"},
                                                               {"u", "rejected reason=unknown_sku"},
                                                               {"k", "rejected reason=bad_stock"}};
    CHECK(last_result() == "order=" + order.id + " request=" + position_field("id") + " status=" + kStatus.at(letter) +
                               " lines=[" + shown + "]");
    for (const ShownLine& line : lines) CHECK(stock(line.sku) == (letter == "a" ? line.shown : line.stock));
  }
};

}  // namespace

TEST_CASE_FIXTURE(DecidingShop,
                  "an order takes all of its lines or none and the first that cannot be met names the reason") {
  decides("a", {{"shoe", "3", "100", "97"}});
  decides("a", {{"shoe", "1", "10", "9"}, {"sock", "2", "20", "18"}, {"hat", "3", "30", "27"}});
  for (const char* have : {"2", "0"}) decides("s", {{"shoe", "3", have, have}});
  decides("u", {{"shoe", "3", "none", "null"}});
  decides("s", {{"shoe", "1", "10", "10"}, {"hat", "3", "2", "2"}});
  decides("s", {{"hat", "3", "2", "2"}, {"shoe", "1", "10", "10"}});
  decides("u", {{"shoe", "1", "10", "10"}, {"glove", "1", "none", "null"}});
  decides("k", {{"shoe", "1", "10", "10"}, {"bad", "1", "007", "null"}});
  decides("s", {{"shoe", "2", "1", "1"}, {"hat", "1", "none", "null"}, {"bad", "1", "", "null"}});
  decides("u", {{"hat", "1", "none", "null"}, {"bad", "1", "", "null"}, {"shoe", "2", "1", "1"}});
  decides("k", {{"bad", "1", "", "null"}, {"shoe", "2", "1", "1"}, {"hat", "1", "none", "null"}});
}

TEST_CASE_FIXTURE(DecidingShop, "an order of many lines has all of them in its result") {
  std::vector<ShownLine> lines;
  for (int n = 0; n < 200; ++n) lines.push_back({"sku-" + std::to_string(n), "2", "10", "8"});
  decides("a", lines);
  for (ShownLine& line : lines) line.shown = line.stock;
  lines.back().stock = lines.back().shown = "1";
  decides("s", lines);
}

TEST_CASE_FIXTURE(DecidingShop, "what remains and what is available are printed to the last digit") {
  decides("a", {{"shoe", kMaxWhole, kMaxWhole, "0"}});
  decides("a", {{"shoe", "1", kMaxWhole, "9007199254740990"}});
  decides("a", {{"shoe", "2", kMaxWhole, "9007199254740989"}});
  decides("a", {{"shoe", "1", "9007199254740990", "9007199254740989"}});
  decides("a", {{"shoe", "1", "1000000000000001", "1000000000000000"}});
  decides("a", {{"shoe", "1", "100000000000001", "100000000000000"}});  // 1e14: Lua itself would print 1e+14
  decides("a", {{"shoe", "1", "100000000000000", "99999999999999"}});
  decides("a", {{"shoe", "1", "123456789012345", "123456789012344"}});
  decides("a", {{"shoe", "1", "1000000", "999999"}});
  decides("s", {{"shoe", kMaxWhole, "9007199254740990", "9007199254740990"}});
}

TEST_CASE_FIXTURE(DecidingShop,
                  "a stock key that is not a whole number from 0 to 2^53-1 is bad stock and stays as it is") {
  Words bad_stocks = {"007",
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
                      "7\n",
                      "9007199254740992",
                      "9223372036854775807",
                      "9999999999999999",
                      "-9223372036854775808",
                      "1234567890123456789012345678901234567890",
                      std::string("7\0", 2)};
  for (const auto& bad : bad_stocks) {
    decides("k", {{"shoe", "1", bad, "null"}});
    decides("k", {{"hat", "2", "5", "5"}, {"shoe", "2", bad, "null"}});
  }
}

TEST_CASE_FIXTURE(Shop, "a stock key of another type is bad stock") {
  (void)at_server({"LPUSH", stock_key("shoe"), "100"});
  CHECK(settle({Order{}}) == "k");
  CHECK(last_lines() == R"([{"sku":"shoe","quantity":3,"available":null}])");
  CHECK(at_server({"TYPE", stock_key("shoe")}) == "list");
}

TEST_CASE_FIXTURE(FullShop, "stock that disappears or appears between two calls is used by the second one") {
  CHECK(settle({Order{.id = "1"}}) == "a");
  (void)at_server({"DEL", stock_key("shoe")});
  CHECK(settle({Order{.id = "2"}, Order{.id = "3"}}) == "uu");
  stock("shoe", "3");
  CHECK(settle({Order{.id = "4"}, Order{.id = "5"}}) == "as");
}

TEST_CASE_FIXTURE(FullShop, "selling neither sets nor clears a time to live of the stock") {
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
  for (const std::string bad : {"0", "-5", "-0"}) {
    CAPTURE(bad);
    const Call call{
        "0-0",
        window,
        {{"1-0", Order{.lines = {{"hat", "1"}}}}, {"2-0", Order{.id = "2", .lines = {{"hat", "1"}, {"shoe", bad}}}}}};
    CHECK(unchanged([&] { return run(call); }) ==
          Begins{"-ERR key product:hat:stock: a quantity is not a whole number"});
  }
}

TEST_CASE_FIXTURE(Shop, "a malformed request gets a result and a dead letter with the raw fields") {
  CHECK(settle({Malformed{.id = "o-9", .customer = "c-7", .raw = {"sku", "shoe", "x", "", "x", "again"}}}) == "m");
  CHECK(last_result() == "order=o-9 request=1-0 status=rejected reason=malformed customer=c-7 detail=`id` is missing");
  const auto last_letter = [this] { return text_of(entries(admin(), dead).back()); };
  CHECK(last_letter() == "request=1-0 result=" + results().back().id + " detail=`id` is missing sku=shoe x= x=again");
  CHECK(settle({Malformed{.raw = {}}}) == "m");
  CHECK(last_result() == "order= request=2-0 status=rejected reason=malformed detail=`id` is missing");
  CHECK(last_letter() == "request=2-0 result=" + results().back().id + " detail=`id` is missing");
  CHECK(length(admin(), dead) == 2);
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
  CHECK(settle({Order{.id = "a", .customer = "c-1"}, Order{.id = "a", .customer = "c-1"},
                Order{.id = "a", .customer = "c-2"}, Order{.id = "b", .customer = "c-3"},
                Order{.id = "c", .lines = {{"hat", "1"}}, .customer = "c-4"},
                Order{.id = "d", .lines = {{"bad", "1"}}, .customer = "c-5"}, Order{.id = "foreign", .customer = "c-6"},
                Malformed{.customer = "c-7"}}) == "adisukrm");
  CHECK(of_results("customer") == "c-1 c-1 c-2 c-3 c-4 c-5 c-6 c-7 ");
}

TEST_CASE_FIXTURE(Shop, "a retry is a duplicate that points at the first result and repeats its outcome") {
  stock("shoe", "3");
  CHECK(settle({Order{.id = "yes"}, Order{.id = "no"}}) == "as");
  const auto first = results();
  stock("shoe", "100");
  for (int i = 0; i < 2; ++i) {
    CHECK(settle({Order{.id = "yes"}}) == "d");
    CHECK(last_result() ==
          "order=yes request=" + position_field("id") + " status=duplicate outcome=accepted original=" + first[0].id);
    CHECK(settle({Order{.id = "no"}}) == "d");
    CHECK(last_result() ==
          "order=no request=" + position_field("id") + " status=duplicate outcome=rejected original=" + first[1].id);
  }
  CHECK(stock("shoe") == "100");
}

TEST_CASE_FIXTURE(FullShop, "the same ID with another content is refused and the first decision remains") {
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

TEST_CASE_FIXTURE(FullShop, "a record of an earlier version is understood") {
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

TEST_CASE_FIXTURE(FullShop, "all byte values are preserved in IDs and customers and details") {
  const std::string id = "\xc3\xa9 %s %d %1 \"\\ $1 ]]--", customer = "a=b \xe2\x82\xac";
  const std::string raw("\0\xff\r\n", 4);
  const Order order{.id = id, .customer = customer};
  CHECK(settle({order, order, Malformed{.id = id, .detail = id, .raw = {raw, raw}}}) == "adm");
  const auto written = results();
  for (const Entry& result : written) CHECK(result.field("order") == id);
  CHECK(written[1].field("customer") == customer);
  CHECK(written[2].field("detail") == id);
  CHECK(entries(admin(), dead).front().field(raw) == raw);
}

}  // namespace orderd::test
