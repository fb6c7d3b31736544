// join.lua when an orders stream comes back: renamed and renamed back, or restored from a dump.
#include "recreated_shop.h"

namespace orderd::test {

TEST_CASE_FIXTURE(RecreatedShop, "a stream that is renamed and renamed back is served as before") {
  push_new(121, 2);
  rename_away();
  stays("120-0 20 0 _ _ 0 20");
  (void)at_server({"XGROUP", "CREATE", orders, "orderd", "120-0", "MKSTREAM"});
  stays("120-0 20 0 _ _ 0 20");
  rename_back();
  stays("120-0 20 2 _ _ 0 20");
  CHECK(settles() == "121-0 122-0 ");
  stays("122-0 22 0 _ _ 0 22");
}

TEST_CASE_FIXTURE(RecreatedShop,
                  "a stream that comes back after another replaced it is settled from where it stopped") {
  push_new(121, 3);
  rename_away();
  push_new(2001, 4);
  CHECK(join() == "120-0 20 4 _ _ 0 0");
  CHECK(settles() == "2001-0 2002-0 2003-0 2004-0 ");
  rename_back();
  CHECK(join() == "120-0 0 -1 restarted 2004-0 0 _");
  stays("120-0 0 -1 _ _ 0 _");
  CHECK(settles() == "121-0 122-0 123-0 ");
  stays("123-0 3 0 _ _ 0 23");
  move_to("1-0");
  CHECK(join() == "123-0 3 0 restored 1-0 0 23");
}

TEST_CASE_FIXTURE(RecreatedShop,
                  "what was overtaken long before stays unsettled and nothing after it is settled again") {
  push_new(2001, 2);
  rename_away();
  settles_new(2101, 2);
  rename_back();
  push_new(2203, 20);  // before the return of the stream is noticed
  CHECK(settles().starts_with("2203-0 2204-0 "));
  push_new(2223, 3);
  rename_away();
  settles_new(3001, 1);
  rename_back();
  CHECK(join() == "2222-0 0 -1 restarted 3001-0 0 _");
  CHECK(settles() == "2223-0 2224-0 2225-0 ");
}

TEST_CASE_FIXTURE(RecreatedShop,
                  "what waited in a stream that was absent twice is settled from where it first stopped") {
  push_new(121, 2);
  rename_away();
  settles_new(2001, 2);
  rename_back();
  push_new(2003, 2);
  rename_away();
  settles_new(3001, 1);
  rename_back();
  CHECK(join() == "120-0 0 -1 restarted 3001-0 0 _");
  CHECK(settles() == "121-0 122-0 2003-0 2004-0 ");
}

TEST_CASE_FIXTURE(RecreatedShop, "a stream that comes back without waiting entries causes nothing") {
  rename_away();
  settles_new(2001, 4);
  rename_back();
  stays("2004-0 24 0 behind _ 0 24");
  settles_new(2005, 1);
  CHECK(join().starts_with("2005-0 25 0 _ _ 0 "));
}

TEST_CASE_FIXTURE(RecreatedShop, "nothing of a restored full dump is settled again") {
  const std::string full = dump();
  (void)at_server({"DEL", orders});
  SUBCASE("noticed") {
    stays("120-0 20 0 _ _ 0 20");
  }
  SUBCASE("not noticed") {
  }
  restore(full);
  stays("120-0 20 0 _ _ 0 20");
  CHECK(settles().empty());
}

TEST_CASE_FIXTURE(RecreatedShop, "nothing of a restored older dump is settled again") {
  push_new(121, 3);
  const std::string older = dump();  // three requests waited at that time
  CHECK(settles() == "121-0 122-0 123-0 ");
  settles_new(124, 7);
  const std::string full = dump();
  restore(older);
  // All results are there, or the last ones. The result of the dump's last request is the eighth from the end.
  for (const char* left : {"30", "7", "3", "1", "0"})
    suffers_one_of({{left, {{"XTRIM", results_stream, "MAXLEN", left}}}});
  suffers_one_of({{"with the results deleted", {{"DEL", results_stream}}}});
  SUBCASE("with the results deleted and some written since") {
    (void)at_server({"DEL", results_stream});
    settles_new(131, 2);
    restore(older);
    stays("132-0 32 0 behind _ 0 32");
    return;
  }
  stays("130-0 30 0 behind _ 0 30");
  CHECK(settles().empty());
  SUBCASE("and the full one comes back") {
    restore(full);
    stays("130-0 30 0 _ _ 0 30");
    CHECK(settles().empty());
  }
  SUBCASE("and new entries arrive with larger IDs") {
    settles_new(131, 2);
    CHECK(join().starts_with("132-0 32 0 _ _ 0 "));
  }
}

TEST_CASE_FIXTURE(RecreatedShop, "only the new entries after a restored older dump are settled") {
  const std::string older = dump();
  settles_new(121, 10);
  restore(older);
  stays("130-0 30 0 behind _ 0 30");
  push_new(121, 4);  // the same IDs, other orders
  CHECK(join() == "120-0 0 -1 restarted 130-0 0 _");
  CHECK(settles() == "121-0 122-0 123-0 124-0 ");
  stays("124-0 4 0 _ _ 0 24");
}

TEST_CASE_FIXTURE(RecreatedShop, "the first new entry is found even in long streams and with 64-bit IDs") {
  const Words ids = {"9007199254740993-0", "9007199254740993-18446744073709551615", "18446744073709551615-5",
                     "18446744073709551615-9007199254740995"};
  for (const auto& id : ids) (void)push(Order{.id = "big " + id}, id);
  CHECK(settles() == ids[0] + " " + ids[1] + " " + ids[2] + " " + ids[3] + " ");
  const std::string older = dump();
  for (int turn = 1; turn < 3; ++turn) {
    restore(older);
    const std::string id = "18446744073709551615-900719925474099" + std::to_string(6 + turn);
    const std::string next = "18446744073709551615-900719925474100" + std::to_string(turn);
    for (const std::string& each : {id, next}) (void)push(Order{.id = "turn " + each}, each);
    const std::string answer = join();
    if (turn == 2) CHECK(answer.starts_with(ids.back() + " 0 -1 restarted "));
    CHECK(settles() == id + " " + next + " ");
    CHECK(join().starts_with(next + " "));
  }
}

TEST_CASE_FIXTURE(RecreatedShop, "results with an ID from the future are searched too") {
  for (int i = 1; i <= 600; ++i) {
    if (i == 200) (void)at_server({"XADD", results_stream, "18446744073709551615-0", "status", "stock"});
    if (i % 50 == 0) (void)change_stock("add", "shoe", "1");
    push_new(1000 + i, 1);
    (void)run(rest());
  }
  for (const int last : {1100, 1199, 1200, 1500}) {
    // As if the stream ended there: a dump of then.
    (void)at_server({"DEL", orders});
    for (int i = 1001; i <= last; ++i) {
      (void)at_server({"XADD", orders, std::to_string(i) + "-0", "id", "new-" + std::to_string(i - 1000)});
    }
    CHECK(join() == "1600-0 620 0 behind _ 0 620");
    (void)at_server({"XADD", orders, std::to_string(last) + "-1", "id", "new"});
    CHECK(join() == std::to_string(last) + "-0 0 -1 restarted 1600-0 0 _");
    (void)at_server({"HSET", position, "id", "1600-0", "count", "620", "base", "0", "floor", "", "start", "", "result",
                     results().back().id});
  }
}

}  // namespace orderd::test
