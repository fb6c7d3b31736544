// join.lua where the orders stream is not the one that it was: recreated, renamed, restored from a dump.
#include "shop.h"

namespace orderd::test {
namespace {

// Twenty requests settled, with the IDs from 101-0 on.
class RecreatedShop : public Shop {
 public:
  RecreatedShop() {
    stock("shoe", "1000000");
    next_id(101);
    push_many(20);
    (void)run(rest());
    CHECK(join() == "120-0 20 0 _ _ 0 20");
  }
  // New orders with the IDs from `first` on.
  void push_new(int first, int count) {
    next_id(first);
    for (int i = 0; i < count; ++i) (void)push(Order{.id = "new-" + std::to_string(++made_)});
  }
  // The IDs of the requests that the newest results answer.
  std::string settles() {
    const auto before = results().size();
    const Call waiting = rest();
    if (waiting.requests.empty()) return "";
    (void)run(waiting);
    std::string text;
    const auto written = results();
    for (std::size_t i = before; i < written.size(); ++i) text += written[i].field("request") + " ";
    return text;
  }
  // As often as somebody may ask: nothing is restored to a result of the stream before.
  void stays(const std::string& answer) {
    for (int i = 0; i < 3; ++i) CHECK(join() == answer);
  }
  std::string dump() { return at_server({"DUMP", orders}); }
  void restore(const std::string& dump) { (void)at_server({"RESTORE", orders, "0", dump, "REPLACE"}); }

 private:
  int made_ = 0;
};

}  // namespace

TEST_CASE_FIXTURE(RecreatedShop, "a stream recreated with larger IDs goes on and its entries are counted again") {
  (void)at_server({"DEL", orders});
  CHECK(join() == "120-0 20 0 _ _ 0 20");
  push_new(121, 5);
  CHECK(join() == "120-0 20 5 _ _ 0 0");
  CHECK(position_field("base") == "-20");
  CHECK(settles() == "121-0 122-0 123-0 124-0 125-0 ");
  stays("125-0 25 0 _ _ 0 5");
  push_new(126, 3);
  (void)at_server({"XDEL", orders, "127-0"});
  CHECK(settles() == "126-0 128-0 ");
  CHECK(join() == "128-0 27 0 _ _ 1 8");
}

TEST_CASE_FIXTURE(RecreatedShop, "a stream recreated with smaller IDs is settled from its first entry on") {
  (void)at_server({"DEL", orders});
  int first = 1;
  SUBCASE("all below the ones before") {
  }
  SUBCASE("some in place of the ones before") {
    first = 99;
  }
  SUBCASE("all in place of the ones before") {
    first = 101;
  }
  SUBCASE("the last in place of the last one before") {
    first = 116;
  }
  push_new(first, 5);
  const std::string last = std::to_string(first + 4) + "-0";
  CHECK(join() == "0-0 0 5 restarted 120-0 0 0");
  stays("0-0 0 5 _ _ 0 0");
  CHECK(settles().ends_with(" " + last + " "));
  stays(last + " 5 0 _ _ 0 5");
  // A position moved by hand is restored to a result of this stream, not of the one before.
  (void)at_server({"HSET", position, "id", "900-0"});
  CHECK(join() == last + " 5 0 restored 900-0 0 5");
  (void)at_server({"HSET", position, "id", "0-0"});
  CHECK(join() == last + " 5 0 restored 0-0 0 5");
  (void)at_server({"DEL", position});
  CHECK(join() == last + " 0 0 recovered _ 0 5");
  CHECK(results().size() == 25);
}

TEST_CASE_FIXTURE(RecreatedShop,
                  "a stream recreated with the same IDs that has grown beyond the position is recognized") {
  (void)at_server({"DEL", orders});
  push_new(101, 30);
  CHECK(join() == "0-0 0 30 restarted 120-0 0 0");
  const std::string settled = settles();
  CHECK(settled.starts_with("101-0 102-0 "));
  CHECK(settled.ends_with(" 130-0 "));
  stays("130-0 30 0 _ _ 0 30");
}

TEST_CASE_FIXTURE(RecreatedShop, "a stream recreated again and again is settled each time") {
  for (int turn = 0; turn < 4; ++turn) {
    CAPTURE(turn);
    (void)at_server({"DEL", orders});
    push_new(turn % 2 == 0 ? 1 : 3, 5);
    CHECK(join().find(" restarted ") != std::string::npos);
    CHECK(!settles().empty());
    CHECK(join().ends_with(" 5 0 _ _ 0 5"));
  }
  CHECK(results().size() == 40);
}

TEST_CASE_FIXTURE(RecreatedShop,
                  "where the position is gone as well only the newest result proves a stream recreated") {
  (void)at_server({"DEL", orders});
  push_new(1, 5);
  (void)at_server({"DEL", position});
  CHECK(join() == "120-0 0 0 recovered _ 0 _");
  stays("120-0 0 0 behind _ 0 _");
  (void)at_server({"DEL", orders, position});
  push_new(118, 3);
  CHECK(join() == "119-0 0 -1 restarted 120-0 0 _");
  CHECK(settles() == "120-0 ");
}

TEST_CASE_FIXTURE(RecreatedShop, "a position that is lost after a restart does not settle the stream again") {
  (void)at_server({"DEL", orders});
  push_new(1, 5);
  CHECK(join() == "0-0 0 5 restarted 120-0 0 0");
  CHECK(settles() == "1-0 2-0 3-0 4-0 5-0 ");
  (void)at_server({"DEL", position});
  (void)at_server({"XDEL", orders, "5-0"});
  CHECK(join() == "5-0 0 0 recovered _ 0 5");
  stays("5-0 0 0 _ _ 0 5");
  push_new(6, 3);
  CHECK(settles() == "6-0 7-0 8-0 ");
  (void)at_server({"XDEL", orders, "8-0"});
  stays("8-0 3 0 _ _ 0 8");
}

TEST_CASE_FIXTURE(RecreatedShop, "a recreated stream of malformed requests is recognized by the IDs it never had") {
  (void)at_server({"DEL", orders});
  (void)push(Malformed{}, "1-0");
  CHECK(join() == "0-0 0 1 restarted 120-0 0 0");
}

TEST_CASE_FIXTURE(RecreatedShop, "an order ID that JSON writes with escapes is not taken for another order") {
  (void)push(Malformed{.raw = {"order", R"({"id":"caf\u00e9","sku":"shoe","quantity":3})"}}, "121-0");
  CHECK(run(Call{"120-0", window, {{"121-0", Order{.id = "caf\xc3\xa9"}}}}) == "a");
  stays("121-0 21 0 _ _ 0 21");
  (void)push(Malformed{.id = "17", .raw = {"order", R"({"id":1.7e1})"}}, "122-0");
  CHECK(settles() == "122-0 ");
  stays("122-0 22 0 _ _ 0 22");
}

TEST_CASE_FIXTURE(RecreatedShop, "a stream that is renamed away and back is as if nothing had been") {
  push_new(121, 2);
  (void)at_server({"RENAME", orders, "away"});
  stays("120-0 20 0 _ _ 0 20");
  (void)at_server({"XGROUP", "CREATE", orders, "orderd", "120-0", "MKSTREAM"});
  stays("120-0 20 0 _ _ 0 20");
  (void)at_server({"RENAME", "away", orders});
  stays("120-0 20 2 _ _ 0 20");
  CHECK(settles() == "121-0 122-0 ");
  stays("122-0 22 0 _ _ 0 22");
}

TEST_CASE_FIXTURE(RecreatedShop, "a stream that comes back after another took its place is settled where it was left") {
  push_new(121, 3);
  (void)at_server({"RENAME", orders, "away"});
  push_new(2001, 4);
  CHECK(join() == "120-0 20 4 _ _ 0 0");
  CHECK(settles() == "2001-0 2002-0 2003-0 2004-0 ");
  (void)at_server({"RENAME", "away", orders});
  CHECK(join() == "120-0 0 -1 restarted 2004-0 0 _");
  stays("120-0 0 -1 _ _ 0 _");
  CHECK(settles() == "121-0 122-0 123-0 ");
  stays("123-0 3 0 _ _ 0 23");
  (void)at_server({"HSET", position, "id", "1-0"});
  CHECK(join() == "123-0 3 0 restored 1-0 0 23");
}

TEST_CASE_FIXTURE(RecreatedShop, "a stream that comes back with nothing unsettled stays alone") {
  (void)at_server({"RENAME", orders, "away"});
  push_new(2001, 4);
  CHECK(settles() == "2001-0 2002-0 2003-0 2004-0 ");
  (void)at_server({"RENAME", "away", orders});
  stays("2004-0 24 0 behind _ 0 24");
  push_new(2005, 1);
  CHECK(settles() == "2005-0 ");
  CHECK(join().starts_with("2005-0 25 0 _ _ 0 "));
}

TEST_CASE_FIXTURE(RecreatedShop, "nothing of a full dump that was restored is settled again") {
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

TEST_CASE_FIXTURE(RecreatedShop, "nothing of an older dump that was restored is settled again") {
  push_new(121, 3);
  const std::string older = dump();  // with three that waited then
  CHECK(settles() == "121-0 122-0 123-0 ");
  push_new(124, 7);
  CHECK(settles().ends_with(" 130-0 "));
  const std::string full = dump();
  restore(older);
  SUBCASE("with all results") {
  }
  SUBCASE("with those of the last requests only") {
    (void)at_server({"XTRIM", results_stream, "MAXLEN", "3"});
  }
  SUBCASE("with the last result only") {
    (void)at_server({"XTRIM", results_stream, "MAXLEN", "1"});
  }
  SUBCASE("with no results") {
    (void)at_server({"XTRIM", results_stream, "MAXLEN", "0"});
  }
  SUBCASE("with the results deleted") {
    (void)at_server({"DEL", results_stream});
  }
  SUBCASE("with the result of its last request deleted and none before it left") {
    (void)at_server({"XTRIM", results_stream, "MAXLEN", "7"});
  }
  SUBCASE("with the results deleted and some written since") {
    (void)at_server({"DEL", results_stream});
    push_new(131, 2);
    CHECK(settles() == "131-0 132-0 ");
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
  SUBCASE("and new entries come with larger IDs") {
    push_new(131, 2);
    CHECK(settles() == "131-0 132-0 ");
    CHECK(join().starts_with("132-0 32 0 _ _ 0 "));
  }
}

TEST_CASE_FIXTURE(RecreatedShop, "new entries behind an older dump that was restored are settled and only they") {
  const std::string older = dump();
  push_new(121, 10);
  (void)settles();
  restore(older);
  stays("130-0 30 0 behind _ 0 30");
  push_new(121, 4);  // the same IDs, other orders
  CHECK(join() == "120-0 0 -1 restarted 130-0 0 _");
  CHECK(settles() == "121-0 122-0 123-0 124-0 ");
  stays("124-0 4 0 _ _ 0 24");
}

TEST_CASE_FIXTURE(RecreatedShop, "where the new entries begin is found also in long streams and at IDs of 64 bits") {
  std::vector<std::string> ids = {"9007199254740993-0", "9007199254740993-18446744073709551615",
                                  "18446744073709551615-5", "18446744073709551615-9007199254740995"};
  for (const auto& id : ids) (void)push(Order{.id = "big " + id}, id);
  CHECK(settles() ==
        "9007199254740993-0 9007199254740993-18446744073709551615 18446744073709551615-5 "
        "18446744073709551615-9007199254740995 ");
  const std::string older = dump();
  for (int turn = 1; turn < 3; ++turn) {
    restore(older);
    const std::string id = "18446744073709551615-900719925474099" + std::to_string(6 + turn);
    const std::string next = "18446744073709551615-900719925474100" + std::to_string(turn);
    (void)push(Order{.id = "turn " + std::to_string(turn)}, id);
    (void)push(Order{.id = "turn again " + std::to_string(turn)}, next);
    const std::string answer = join();
    if (turn == 2) CHECK(answer.starts_with(ids.back() + " 0 -1 restarted "));
    CHECK(settles() == id + " " + next + " ");
    CHECK(join().starts_with(next + " "));
  }
}

TEST_CASE_FIXTURE(RecreatedShop, "results with an ID from the future are searched as well") {
  for (int i = 1; i <= 600; ++i) {
    if (i == 200) (void)at_server({"XADD", results_stream, "18446744073709551615-0", "status", "stock"});
    if (i % 50 == 0) (void)change_stock("add", "shoe", "1");
    push_new(1000 + i, 1);
    (void)run(rest());
  }
  const std::string whole = dump();
  for (const int last : {1100, 1199, 1200, 1500}) {
    restore(whole);
    (void)at_server({"XSETID", orders, "1600-0"});
    const auto left = entries(admin(), orders, "(" + std::to_string(last) + "-0");
    // As if the stream ended there: a dump of then.
    (void)at_server({"DEL", orders});
    for (int i = 1001; i <= last; ++i)
      (void)at_server({"XADD", orders, std::to_string(i) + "-0", "id", "new-" + std::to_string(i - 1000)});
    CHECK(join() == "1600-0 620 0 behind _ 0 620");
    (void)at_server({"XADD", orders, std::to_string(last) + "-1", "id", "new"});
    CHECK(join() == std::to_string(last) + "-0 0 -1 restarted 1600-0 0 _");
    (void)at_server({"HSET", position, "id", "1600-0", "count", "620", "base", "0", "floor", "", "start", "", "result",
                     results().back().id});
  }
}

TEST_CASE_FIXTURE(RecreatedShop, "a recreated stream is left alone where results are missing that could prove it new") {
  (void)at_server({"XTRIM", results_stream, "MAXLEN", "10"});
  (void)at_server({"DEL", orders});
  push_new(1, 5);
  stays("120-0 20 0 behind _ 0 20");
  // What the handbook says then: everything up to the newest result belongs to the stream before.
  (void)at_server({"HSET", position, "id", "0-0", "result", "", "floor", results().back().id});
  CHECK(join().starts_with("0-0 20 5 _ _ 0 "));
  CHECK(settles() == "1-0 2-0 3-0 4-0 5-0 ");
}

TEST_CASE_FIXTURE(RecreatedShop, "a single result that somebody deleted restarts nothing") {
  for (int turn = 0; turn < 20; ++turn) {
    const auto written = results();
    (void)at_server({"XDEL", results_stream, written[static_cast<std::size_t>(turn) % written.size()].id});
    stays("120-0 20 0 _ _ 0 20");
  }
}

TEST_CASE_FIXTURE(RecreatedShop, "a restart that is refused changes nothing") {
  (void)at_server({"DEL", orders});
  push_new(1, 5);
  const std::string before = snapshot();
  for (const char* rule : {"-hset", "-xrange", "-xrevrange"}) {
    acl({rule});
    const std::string answer = join();
    CHECK_MESSAGE(answer.starts_with("-NOPERM key "), answer);
    CHECK(snapshot() == before);
    allow_everything();
  }
  CHECK(join() == "0-0 0 5 restarted 120-0 0 0");
}

}  // namespace orderd::test
