// settle.lua settles each request once, in order, whoever calls and however often: the position ensures that.
#include "shop.h"
#include "support/wait_for.h"

namespace orderd::test {

TEST_CASE_FIXTURE(Shop, "a second call for settled requests returns moved and changes nothing") {
  stock("shoe", "100");
  const Call first = call({Order{}, Malformed{}, Order{.id = "o-2"}});
  CHECK(run(first) == "ama");
  const std::string before = snapshot();
  for (int i = 0; i < 3; ++i) CHECK(run(first) == "moved");
  Call other = first;
  other.window = "0";
  CHECK(run(other) == "moved");
  CHECK(run(Call{"0-0", window, {{"9-0", Order{.id = "o-9"}}}}) == "moved");
  CHECK(snapshot() == before);
}

TEST_CASE_FIXTURE(Shop, "with a missing or moved position the call returns moved and writes nothing") {
  stock("shoe", "100");
  const Call waiting = call({Order{}, Malformed{}});
  std::vector<std::vector<std::string>> damages = {{"HDEL", position, "id"}, {"DEL", position}};
  for (const char* other : {"0-1", "1-0", "99-0", "00-0", "", "0"}) damages.push_back({"HSET", position, "id", other});
  for (const auto& damage : damages) {
    CAPTURE(damage.back());
    (void)at_server(damage);
    const std::string before = snapshot();
    CHECK(run(waiting) == "moved");
    CHECK(snapshot() == before);
  }
  (void)at_server({"HSET", position, "id", "0-0"});
  CHECK(run(waiting) == "am");
}

TEST_CASE_FIXTURE(Shop, "previous is compared as text to the last digit") {
  stock("shoe", "100");
  const std::string almost = "18446744073709551614-18446744073709551615";
  (void)at_server({"HSET", position, "id", almost});
  CHECK(run(Call{"18446744073709551615-18446744073709551615", window, {{"1-0", Order{}}}}) == "moved");
  CHECK(run(Call{almost, window, {{"18446744073709551615-18446744073709551615", Order{}}}}) == "a");
  CHECK(position_field("id") == "18446744073709551615-18446744073709551615");
}

TEST_CASE_FIXTURE(Shop, "in a chain of calls all after a refused one return moved") {
  stock("shoe", "100");
  stock("hat", "100");
  std::vector<Call> calls;
  std::string previous = "0-0";
  for (int i = 0; i < 6; ++i) {
    Call next = call({Order{.id = "a" + std::to_string(i), .lines = {{i == 2 ? "hat" : "shoe", "1"}}},
                      Order{.id = "b" + std::to_string(i)}});
    next.previous = previous;
    previous = next.last();
    calls.push_back(next);
  }
  acl({"resetkeys", "~orders*", "~results", "~product:shoe:*", "%R~product:hat:*", "(+evalsha ~*)"});
  const auto answers = run_chain(calls);
  CHECK(answers[0] + answers[1] == "aaaa");
  CHECK_MESSAGE(answers[2].starts_with("-NOPERM key product:hat:stock: "), answers[2]);
  for (int i = 3; i < 6; ++i) CHECK(answers[static_cast<std::size_t>(i)] == "moved");
  CHECK(results().size() == 4);
  allow_everything();
  const auto again = run_chain(calls);
  CHECK(again[0] + again[1] + again[2] + again[3] + again[4] + again[5] == "movedmovedaaaaaaaa");
  std::string order_of_results;
  for (const Entry& result : results()) order_of_results += result.field("request") + " ";
  CHECK(order_of_results == "1-0 2-0 3-0 4-0 5-0 6-0 7-0 8-0 9-0 10-0 11-0 12-0 ");
}

TEST_CASE_FIXTURE(Shop, "two daemons at once settle each request once") {
  stock("shoe", "100");
  const Call mine = call({Order{.id = "1"}, Order{.id = "2"}, Order{.id = "3"}});
  Call other = mine;
  other.requests.pop_back();
  CHECK(run(other) == "aa");
  CHECK(run(mine) == "moved");
  CHECK(run(rest()) == "a");
  CHECK(stock("shoe") == "91");
}

TEST_CASE_FIXTURE(Shop, "an order whose record has expired is a new order") {
  stock("shoe", "100");
  window = "1";
  CHECK(settle({Order{}}) == "a");
  wait_for([&] { return !exists(admin(), record_key("o-1")); }, std::chrono::seconds(5), "the end of the window");
  CHECK(settle({Order{}}) == "a");
}

TEST_CASE_FIXTURE(Shop, "a foreign value at a record's key is reported in the result and kept") {
  stock("shoe", "100");
  const std::string key = record_key("o-1");
  const std::vector<std::vector<std::string>> foreign = {
      {"SET", key, "x"},   {"SET", key, ""},        {"SET", key, "0123456789abcdefx1-1"},  // almost a record
      {"LPUSH", key, "x"}, {"HSET", key, "x", "y"}, {"XADD", key, "1-1", "x", "y"}};
  for (const auto& value : foreign) {
    SUBCASE((value.front() + " " + value.back()).c_str()) {
      (void)at_server(value);
    }
  }
  const std::string before = at_server({"DUMP", key});
  // An order that could be met, one that could not, one of an unknown SKU; alone and among others.
  const Order met{}, unmet{.lines = {{"shoe", "1000"}}},
      unknown{.lines = {{"shoe", "1"}, {"hat", "1"}}, .customer = "c"};
  CHECK(settle({met}) == "r");
  CHECK(last_result() == "order=o-1 request=1-0 status=rejected reason=bad_record detail=the key " + key +
                             " does not hold the record of an order");
  CHECK(settle({unmet}) == "r");
  CHECK(settle({unknown}) == "r");
  CHECK(results().back().field("customer") == "c");
  CHECK(settle({Order{.id = "o-2"}, met, unmet, Order{.id = "o-3"}, unknown, met}) == "arrarr");
  CHECK(stock("shoe") == "94");
  CHECK(at_server({"DUMP", key}) == before);
  CHECK(results().size() == 9);
  (void)at_server({"DEL", key});
  CHECK(settle({met, met}) == "ad");
}

}  // namespace orderd::test
