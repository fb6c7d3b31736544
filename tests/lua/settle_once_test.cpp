// settle.lua settles each request once, in order, whoever calls and however often: the position ensures that.
#include "shop.h"
#include "support/wait_for.h"

namespace orderd::test {

TEST_CASE_FIXTURE(FullShop, "a second call for settled requests returns moved and changes nothing") {
  const Call first = call({Order{}, Malformed{}, Order{.id = "o-2"}});
  CHECK(run(first) == "ama");
  Call other = first;
  other.window = "0";
  for (const Call& late : {first, first, other, Call{"0-0", window, {{"9-0", Order{.id = "o-9"}}}}}) {
    CHECK(unchanged([&] { return run(late); }) == "moved");
  }
}

TEST_CASE_FIXTURE(FullShop, "with a missing or moved position the call returns moved and writes nothing") {
  const Call waiting = call({Order{}, Malformed{}});
  std::vector<Words> damages = {{"HDEL", position, "id"}, {"DEL", position}};
  for (const char* other : {"0-1", "1-0", "99-0", "00-0", "", "0"}) damages.push_back({"HSET", position, "id", other});
  for (const auto& damage : damages) {
    CAPTURE(damage.back());
    (void)at_server(damage);
    CHECK(unchanged([&] { return run(waiting); }) == "moved");
  }
  move_to("0-0");
  CHECK(run(waiting) == "am");
}

TEST_CASE_FIXTURE(FullShop, "previous is compared as text to the last digit") {
  const std::string almost = "18446744073709551614-18446744073709551615";
  move_to(almost);
  CHECK(run(Call{kMaxId, window, {{"1-0", Order{}}}}) == "moved");
  CHECK(run(Call{almost, window, {{kMaxId, Order{}}}}) == "a");
  CHECK(position_field("id") == kMaxId);
}

TEST_CASE_FIXTURE(FullShop, "in a chain of calls all after a refused one return moved") {
  stock("hat", "100");
  std::vector<Call> calls;
  for (int i = 0; i < 6; ++i) {
    const std::string number = std::to_string(i);
    calls.push_back(
        call({Order{.id = "a" + number, .lines = {{i == 2 ? "hat" : "shoe", "1"}}}, Order{.id = "b" + number}}));
    if (i > 0) calls.back().previous = calls[calls.size() - 2].last();
  }
  acl({"resetkeys", "~orders*", "~results", "~product:shoe:*", "%R~product:hat:*", "(+evalsha ~*)"});
  const auto answers = run_chain(calls);
  CHECK(answers[0] + answers[1] == "aaaa");
  CHECK(answers[2] == Begins{"-NOPERM key product:hat:stock: "});
  CHECK(answers[3] + answers[4] + answers[5] == "movedmovedmoved");
  CHECK(results().size() == 4);
  allow_everything();
  const auto again = run_chain(calls);
  CHECK(again[0] + again[1] + again[2] + again[3] + again[4] + again[5] == "movedmovedaaaaaaaa");
  CHECK(of_results("request") == "1-0 2-0 3-0 4-0 5-0 6-0 7-0 8-0 9-0 10-0 11-0 12-0 ");
}

TEST_CASE_FIXTURE(FullShop, "an order whose record has expired is a new order") {
  window = "1";
  CHECK(settle({Order{}}) == "a");
  wait_for([&] { return !exists(admin(), record_key("o-1")); }, std::chrono::seconds(5), "the end of the window");
  CHECK(settle({Order{}}) == "a");
}

TEST_CASE_FIXTURE(FullShop, "a foreign value at a record's key is reported in the result and kept") {
  const std::string key = record_key("o-1");
  const std::vector<Words> foreign = {{"SET", key, "x"},
                                      {"SET", key, ""},
                                      {"SET", key, "0123456789abcdefx1-1"},  // almost a record
                                      {"SET", key, "0123456789abcdega1-1"},
                                      {"SET", key, "0123456789abcdefa1-1 x"},
                                      {"LPUSH", key, "x"},
                                      {"HSET", key, "x", "y"},
                                      {"XADD", key, "1-1", "x", "y"}};
  for (const Words& value : foreign) suffers_one_of({{value.front() + " " + value.back(), {value}}});
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
