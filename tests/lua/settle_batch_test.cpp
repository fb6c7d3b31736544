// settle.lua decides many requests in one call, in order, each with the stock that is left by those before it.
#include <algorithm>

#include "shop.h"

namespace orderd::test {
namespace {

const std::string kMismatch = "-ERR key orders:position: the arguments do not match their counts";

Order shoes(const std::string& id, const std::string& quantity) {
  return {.id = id, .lines = {{"shoe", quantity}}};
}

}  // namespace

TEST_CASE_FIXTURE(Shop, "each request of a call is decided with the stock left by those before it") {
  stock("shoe", "10");
  CHECK(settle({shoes("1", "4"), shoes("2", "7"), shoes("3", "6"), shoes("4", "1")}) == "asas");
  CHECK(stock("shoe") == "0");
  const auto written = results();
  REQUIRE(written.size() == 4);
  CHECK(written[1].field("lines") == R"([{"sku":"shoe","quantity":7,"available":6}])");
  CHECK(written[3].field("lines") == R"([{"sku":"shoe","quantity":1,"available":0}])");
  CHECK(of_results("request") == "1-0 2-0 3-0 4-0 ");
  CHECK(position_field("id") == "4-0");
  CHECK(position_field("count") == "4");
  CHECK(position_field("result") == written.back().id);
}

TEST_CASE_FIXTURE(Shop, "duplicates and reused IDs within one call are recognized") {
  stock("shoe", "4");
  const std::vector<Request> requests = {shoes("x", "3"), shoes("x", "3"), shoes("y", "3"),  shoes("x", "1"),
                                         shoes("y", "3"), shoes("z", "1"), shoes("y", "30"), shoes("x", "3")};
  CHECK(settle(requests) == "adsidaid");
  const auto written = results();
  CHECK(written[1].field("original") == written[0].id);
  CHECK(written[7].field("original") == written[0].id);
  CHECK(written[4].field("original") == written[2].id);
  CHECK(written[4].field("outcome") == "rejected");
  CHECK(stock("shoe") == "0");
  CHECK(settle({shoes("x", "3"), shoes("y", "3"), shoes("z", "1")}) == "ddd");
}

TEST_CASE_FIXTURE(Shop, "every outcome is at its place in a batch whatever is around it") {
  stock("shoe", "1000");
  stock("bad", "1e3");
  set(admin(), record_key("foreign"), "x");
  CHECK(settle({shoes("known", "1")}) == "a");
  const Order unknown{.lines = {{"hat", "1"}}}, bad{.lines = {{"bad", "1"}}};
  std::vector<std::pair<char, Request>> kinds = {{'a', Order{}},
                                                 {'s', shoes("", "5000")},
                                                 {'u', unknown},
                                                 {'k', bad},
                                                 {'r', shoes("foreign", "1")},
                                                 {'i', shoes("known", "2")},
                                                 {'d', shoes("known", "1")},
                                                 {'m', Malformed{}}};
  int next = 0;
  for (std::size_t turn = 0; turn < kinds.size(); ++turn) {
    std::rotate(kinds.begin(), kinds.begin() + 1, kinds.end());
    std::string expected;
    std::vector<Request> requests;
    for (auto& [letter, request] : kinds) {
      expected += letter;
      if (std::string("asuk").find(letter) != std::string::npos) {
        std::get<Order>(request).id = "o-" + std::to_string(++next);
      }
      requests.push_back(request);
    }
    CHECK(settle(requests) == expected);
  }
  CHECK(stock("shoe") == "975");
  CHECK(stock("bad") == "1e3");
  CHECK(results().size() == 65);
  CHECK(length(admin(), dead) == 8);
  CHECK(position_field("count") == "65");
}

TEST_CASE_FIXTURE(Shop, "an SKU in two lines is sold line by line as long as there is enough for both") {
  stock("shoe", "7");
  CHECK(settle({Order{.lines = {{"shoe", "3"}, {"shoe", "4"}}}}) == "a");
  CHECK(last_lines() == R"([{"sku":"shoe","quantity":3,"remaining":4},{"sku":"shoe","quantity":4,"remaining":0}])");
  CHECK(stock("shoe") == "0");
  stock("shoe", "7");
  const Order twice{.id = "2", .lines = {{"shoe", "4"}, {"shoe", "4"}}};
  const Call call{"1-0", window, {{"2-0", shoes("1", "1")}, {"3-0", twice}}};
  CHECK(unchanged([&] { return run(call); }) ==
        Begins{"-ERR key product:shoe:stock: "});  // the decoder sums such lines
}

TEST_CASE_FIXTURE(FullShop, "the largest call of 128 requests is settled in one") {
  std::vector<Request> requests;
  std::string expected;
  for (int i = 0; i < 128; ++i) {
    const bool malformed = i % 8 == 7;
    requests.push_back(malformed ? Request(Malformed{.raw = Words(400, "word")})
                                 : shoes("o-" + std::to_string(i), "1"));
    expected += malformed ? 'm' : (i - i / 8 < 100 ? 'a' : 's');
  }
  CHECK(settle(requests) == expected);
  CHECK(stock("shoe") == "0");
  CHECK(results().size() == 128);
}

TEST_CASE_FIXTURE(Shop, "orders of 64 and of 256 and of 2500 lines are settled as one") {
  for (const int count : {64, 256, 2500}) {
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
    Order again = order;
    again.id += "-again";
    CHECK(settle({order, again, order}) == "asd");
    const auto written = results();
    CHECK(written[written.size() - 3].field("lines") == expected + "]");
    for (int i = 1; i <= count; ++i) CHECK(stock("sku-" + std::to_string(i)) == "0");
  }
}

TEST_CASE_FIXTURE(FullShop, "a malformed request of 7000 raw words becomes a dead letter and one of more is an error") {
  Words words;
  for (int i = 0; i < 7000; ++i) words.push_back("w" + std::to_string(i));
  CHECK(settle({shoes("1", "1"), Malformed{.raw = words}, shoes("2", "1")}) == "ama");
  CHECK(entries(admin(), dead).back().fields.size() == 3503);
  words.insert(words.end(), 2, "more");
  const Call call{"3-0", window, {{"8-0", shoes("3", "1")}, {"9-0", Malformed{.raw = words}}}};
  CHECK(unchanged([&] { return run(call); }) == kMismatch);
}

TEST_CASE_FIXTURE(Shop, "the sums of a batch reach 2^53-1 and not one more") {
  stock("shoe", kMaxWhole);
  CHECK(settle({shoes("1", "9007199254740990"), shoes("2", "1"), shoes("3", "1")}) == "aas");
  CHECK(stock("shoe") == "0");
  stock("shoe", kMaxWhole);
  stock("hat", "1");
  CHECK(settle({Order{.id = "4", .lines = {{"shoe", kMaxWhole}, {"hat", "2"}}}, shoes("5", kMaxWhole)}) == "sa");
  CHECK(stock("shoe") + " " + stock("hat") == "0 1");
}

TEST_CASE_FIXTURE(FullShop, "keys and arguments that do not match are an error that changes nothing") {
  for (const std::string to : {"", "a"}) {
    CAPTURE(to);
    const Order asking{.id = "3" + to, .reply_to = to};
    const Call waiting = call({shoes("1" + to, "1"), Malformed{}, asking});
    const auto arguments = arguments_of(waiting);
    for (auto less = arguments; less.size() > 1;) {
      less.pop_back();
      CAPTURE(less.size());
      CHECK(unchanged([&] { return run(lua::settle, keys_of(waiting), less); }) == Begins{"-ERR "});
    }
    for (auto more = arguments; more.size() < arguments.size() + 3;) {
      more.emplace_back("1");
      CHECK(unchanged([&] { return run(lua::settle, keys_of(waiting), more); }) == kMismatch);
    }
    CHECK(run(waiting) == "ama");
  }
}

}  // namespace orderd::test
