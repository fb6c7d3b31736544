// settle.lua decides each request once, whatever is delivered again, taken over, deleted or created anew.
#include "shop.h"
#include "support/wait_for.h"

namespace orderd::test {

TEST_CASE_FIXTURE(Shop, "a second call for a settled request is stale and changes nothing") {
  stock("shoe", "100");
  const std::string request = deliver();
  CHECK(settle(request) == "accepted");
  const std::string before = snapshot();
  CHECK(settle(request) == "stale");
  CHECK(settle(request, {.window = "0"}) == "stale");
  CHECK(settle(request, {.id = "o-2"}) == "stale");
  CHECK(settle(request, {.id = "o-2", .lines = {{"shoe", "101"}}}) == "stale");
  CHECK(settle(request, {.id = "o-2", .lines = {{"hat", "1"}}, .window = "0"}) == "stale");
  CHECK(snapshot() == before);
}

TEST_CASE_FIXTURE(Shop,
                  "a request that another call has acknowledged is stale and all that was written is taken back") {
  stock("shoe", "100");
  stock("hat", "9007199254740991");
  const Order order{.lines = {{"shoe", "3"}, {"hat", "9007199254740991"}}};
  const std::string request = deliver();
  acknowledge(request);
  const std::string before = snapshot();
  CHECK(settle(request, order) == "stale");
  CHECK(snapshot() == before);
  CHECK(record("o-1") == "none");
}

TEST_CASE_FIXTURE(Shop, "the slow consumer and the one that took over settle a request once between them") {
  stock("shoe", "100");
  const std::string request = deliver("slow");
  CHECK(claim("quick", 0) == "0-0 1 0");
  CHECK(settle(request) == "accepted");
  CHECK(settle(request) == "stale");
  CHECK(stock("shoe") == "97");
  CHECK(results().size() == 1);
}

TEST_CASE_FIXTURE(Shop, "a request that is neither pending nor in the stream is gone and nothing changes") {
  stock("shoe", "100");
  const std::string request = deliver();
  acknowledge(request);
  (void)ask(admin(), {"XDEL", orders, request});
  const std::string before = snapshot();
  CHECK(settle(request) == "gone");
  CHECK(settle(request, {.lines = {{"shoe", "101"}}}) == "gone");
  CHECK(snapshot() == before);
}

TEST_CASE_FIXTURE(Shop, "a request that is still pending is settled though its entry was trimmed away") {
  stock("shoe", "100");
  const std::string request = deliver();
  (void)ask(admin(), {"XTRIM", orders, "MAXLEN", "0"});
  CHECK(settle(request) == "accepted");
  CHECK(settle(request, {.id = "o-2"}) == "gone");
  CHECK(stock("shoe") == "97");
}

TEST_CASE_FIXTURE(Shop, "without the group or the stream nothing is settled and nothing changes") {
  stock("shoe", "100");
  const std::string request = deliver();
  SUBCASE("group") {
    destroy_group();
  }
  SUBCASE("stream") {
    (void)ask(admin(), {"DEL", orders});
  }
  const std::string before = snapshot();
  CHECK(settle(request) == "nogroup");
  CHECK(settle(request, {.lines = {{"shoe", "101"}}}) == "nogroup");
  CHECK(snapshot() == before);
}

TEST_CASE_FIXTURE(Shop, "with the gate open a request is settled though nothing of it is pending") {
  stock("shoe", "100");
  const std::string request = deliver();
  acknowledge(request);
  (void)ask(admin(), {"XDEL", orders, request});
  CHECK(settle(request, {.gate = "0"}) == "accepted");
  CHECK(stock("shoe") == "97");
  CHECK(settle(request, {.gate = "0"}) == "stale");  // the record is the gate then
  CHECK(settle(request, {.id = "o-2", .lines = {{"hat", "1"}}, .gate = "0"}) == "unknown_sku");
  CHECK(results().size() == 2);
}

TEST_CASE_FIXTURE(Shop,
                  "a group created anew at 0 delivers everything again and what was decided first stays decided") {
  stock("shoe", "10");
  std::vector<std::string> requests;
  for (int i = 0; i < 4; ++i) requests.push_back(deliver());
  const auto order = [](std::size_t i) { return Order{.id = "o-" + std::to_string(i)}; };
  for (std::size_t i = 0; i < 4; ++i)
    CHECK(settle(requests[i], order(i)) == (i < 3 ? "accepted" : "insufficient_stock"));
  const auto first_results = results();
  for (int again = 0; again < 3; ++again) {
    destroy_group();
    create_group();
    CHECK(read() == 4);
    for (std::size_t i = 0; i < 4; ++i) CHECK(settle(requests[i], order(i)) == "stale");
    CHECK(pending() == 0);  // stale by its record: it was acknowledged as well
  }
  CHECK(stock("shoe") == "1");
  CHECK(results() == first_results);
}

TEST_CASE_FIXTURE(Shop, "with a window of 0 there is no record and no duplicate and each request is settled once") {
  stock("shoe", "10");
  const Order order{.window = "0"};
  const std::string request = deliver();
  CHECK(settle(request, order) == "accepted");
  CHECK(record("o-1") == "none");
  CHECK(settle(request, order) == "stale");
  CHECK(stock("shoe") == "7");
  CHECK(settle(deliver(), order) == "accepted");
  CHECK(stock("shoe") == "4");
  CHECK(settle(deliver(), {.lines = {{"shoe", "5"}}, .window = "0"}) == "insufficient_stock");
  CHECK(record("o-1") == "none");
  set(admin(), record_key("o-1"), "somebody else's");  // not looked at
  CHECK(settle(deliver(), order) == "accepted");
  CHECK(record("o-1") == "somebody else's");
}

TEST_CASE_FIXTURE(Shop, "the record holds digest and outcome and result and request and lives as long as the window") {
  stock("shoe", "3");
  CHECK(settle(deliver(), {.id = "yes", .window = "5000"}) == "accepted");
  const std::string accepted = results().back().id;
  CHECK(settle(deliver(), {.id = "no", .window = "86400000"}) == "insufficient_stock");
  const std::string rejected = results().back().id;
  CHECK(record("yes").substr(16) == "a" + accepted + " 1-0");
  CHECK(record("no").substr(16) == "r" + rejected + " 2-0");
  const auto yes_ms = ask_number(admin(), {"PTTL", record_key("yes")});
  CHECK(yes_ms > 0);
  CHECK(yes_ms <= 5000);
  const auto no_ms = ask_number(admin(), {"PTTL", record_key("no")});
  CHECK(no_ms > 86'000'000);
  CHECK(no_ms <= 86'400'000);
}

TEST_CASE_FIXTURE(Shop, "after the window the id is free again") {
  stock("shoe", "10");
  const Order order{.window = "1"};
  CHECK(settle(deliver(), order) == "accepted");
  wait_for([&] { return record("o-1") == "none"; }, std::chrono::seconds(10), "the end of the record");
  CHECK(settle(deliver(), order) == "accepted");
  CHECK(stock("shoe") == "4");
}

TEST_CASE_FIXTURE(Shop, "a duplicate does not prolong the window") {
  stock("shoe", "10");
  CHECK(settle(deliver(), {.window = "5000"}) == "accepted");
  CHECK(settle(deliver(), {.window = "86400000"}) == "duplicate");
  CHECK(ask_number(admin(), {"PTTL", record_key("o-1")}) <= 5000);
}

}  // namespace orderd::test
