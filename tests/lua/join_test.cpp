// join.lua finds out where to continue. A reply: the ID, how many were settled, how many wait (-1: unknown), what was
// done, the wrong ID, how many were found deleted, entries-added of the stream at that ID.
#include <set>

#include "shop.h"

namespace orderd::test {
namespace {

// Ten requests settled, two more waiting.
class ServedShop : public FullShop {
 public:
  ServedShop() {
    push_many(10);
    CHECK(run(rest()) == "aaaaaaaaaa");
  }
  // What was settled is not settled again, and what waits is settled once.
  void settles_each_once(std::size_t requests) {
    const Call waiting = rest();
    if (!waiting.requests.empty()) CHECK(run(waiting) == std::string(waiting.requests.size(), 'a'));
    std::set<std::string> settled;
    for (const Entry& result : results()) {
      if (!result.has("request")) continue;
      CHECK(result.field("status") == "accepted");
      CHECK(settled.insert(result.field("request")).second);
    }
    CHECK(settled.size() == requests);
  }
};

}  // namespace

TEST_CASE_FIXTURE(Shop, "the first join creates the position at the beginning and the second finds it") {
  CHECK(snapshot() == "orders:position hash\n  base=0 count=0 id=0-0 result=\n");
  CHECK(join() == "0-0 0 0 _ _ 0 0");
  push_many(3);
  CHECK(join() == "0-0 0 3 _ _ 0 0");
  (void)at_server({"DEL", position});
  CHECK(join() == "0-0 0 3 created _ 0 0");
}

TEST_CASE_FIXTURE(Shop, "moving the position before anything was settled skips nothing") {
  push_many(3);
  for (const std::string wrong : {"2-0", "900-0", "x"}) {
    move_to(wrong);
    CHECK(join() == "0-0 0 3 restored " + wrong + " 0 0");
    CHECK(join() == "0-0 0 3 _ _ 0 0");
  }
}

TEST_CASE_FIXTURE(Shop,
                  "the first join to a stream with a history begins at its first entry and finds nothing deleted") {
  (void)at_server({"DEL", position});
  push_many(20);
  (void)at_server({"XTRIM", orders, "MAXLEN", "5"});
  CHECK(join() == "0-0 0 5 created _ 0 15");
  CHECK(position_field("base") == "15");
}

TEST_CASE_FIXTURE(ServedShop, "a join with nothing to repair changes nothing and reports what waits") {
  CHECK(unchanged([this] { return join(); }) == "10-0 10 0 _ _ 0 10");
  push_many(4);
  for (const char* first : {"1-0", "10-0", "11-0"}) {
    (void)at_server({"XTRIM", orders, "MINID", first});
    CHECK(join() == "10-0 10 4 _ _ 0 10");
  }
  settles_each_once(14);
}

TEST_CASE_FIXTURE(ServedShop, "a position that was deleted is recovered from the newest result") {
  push_many(3);
  suffers_one_of({{"the key", {{"DEL", position}}}, {"its field", {{"HDEL", position, "id"}}}});
  SUBCASE("with changes of stock since then") {
    for (int i = 0; i < 250; ++i) (void)change_stock("add", "shoe", "1");
    (void)at_server({"DEL", position});
  }
  std::string wrong = "_";
  for (const char* nonsense : {"x", "10", "010-0", "18446744073709551616-0", "1-18446744073709551616", "-1-0"}) {
    SUBCASE(nonsense) {
      move_to(wrong = nonsense);
    }
  }
  CHECK(join() == "10-0 0 -1 recovered " + wrong + " 0 _");
  CHECK(join() == "10-0 0 -1 _ _ 0 _");
  settles_each_once(13);
  CHECK(join() == "13-0 3 0 _ _ 0 13");
}

TEST_CASE_FIXTURE(ServedShop, "a position that was moved by hand is restored from the newest result") {
  push_many(3);
  for (const int stock_changes : {0, 1, 150}) {
    for (int i = 0; i < stock_changes; ++i) (void)change_stock("add", "shoe", "1");
    for (const std::string there : {"0-0", "9-0", "11-0", "999-0", kMaxId.c_str()}) {
      move_to(there);
      CHECK(join() == "10-0 10 3 restored " + there + " 0 10");
      CHECK(join() == "10-0 10 3 _ _ 0 10");
    }
  }
  settles_each_once(13);
}

TEST_CASE_FIXTURE(ServedShop, "a position is restored whatever result its hash names") {
  push_many(3);
  const std::string oldest = results().front().id, fifth = results()[4].id;
  const Words trimmed = {"XDEL", results_stream, oldest};
  suffers_one_of({
      {"one that was trimmed, moved forward", {trimmed, {"HSET", position, "id", "12-0", "result", oldest}}},
      {"one that was trimmed, moved back", {trimmed, {"HSET", position, "id", "1-0", "result", oldest}}},
      {"an older one, as if the key came from a backup",
       {{"HSET", position, "id", "5-0", "count", "5", "result", fifth}}},
      {"none", {{"DEL", position}, {"HSET", position, "id", "12-0"}}},
      {"nonsense", {{"HSET", position, "id", "12-0", "result", "x"}}},
  });
  const std::string answer = join();
  CHECK(answer == Begins{"10-0 "});
  CHECK_MESSAGE(answer.find(" restored ") != std::string::npos, answer);
  CHECK_MESSAGE(answer.ends_with(" 0 _"), answer);  // nothing counts as deleted
  CHECK(position_field("result") == results().back().id);
  settles_each_once(results().front().id == oldest ? 13 : 12);
  CHECK(join().find(" _ _ 0 13") != std::string::npos);
}

TEST_CASE_FIXTURE(ServedShop, "the hash is trusted when the newest results were deleted") {
  push_many(2);
  const auto written = results();
  Words newest = {"XDEL", results_stream};
  for (std::size_t i = 4; i < 10; ++i) newest.push_back(written[i].id);
  suffers_one_of(
      {{"one", {{"XDEL", results_stream, written.back().id}}},
       {"several", {newest}},
       {"all", {{"XTRIM", results_stream, "MAXLEN", "0"}}},
       {"the stream", {{"DEL", results_stream}}},
       {"all but changes of stock", {{"DEL", results_stream}, {"XADD", results_stream, "*", "status", "stock"}}}});
  CHECK(join() == "10-0 10 2 _ _ 0 10");
  CHECK(run(rest()) == "aa");
  CHECK(join() == "12-0 12 0 _ _ 0 12");
}

TEST_CASE_FIXTURE(ServedShop, "with the position and all results gone it begins at the first entry") {
  (void)at_server({"DEL", position, results_stream});
  CHECK(join() == "0-0 0 10 created _ 0 0");
  CHECK(run(rest()) == "dddddddddd");
}

TEST_CASE_FIXTURE(ServedShop, "a result without a valid request ID is no proof of a position") {
  for (const char* request : {"", "x", "99", "99-", "099-0", "99999999999999999999-0"}) {
    (void)at_server({"XADD", results_stream, "*", "order", "x", "request", request});
  }
  CHECK(join() == "10-0 10 0 _ _ 0 10");
  (void)at_server({"DEL", position});
  CHECK(join() == "10-0 0 0 recovered _ 0 10");
}

TEST_CASE_FIXTURE(FullShop, "64-bit IDs work") {
  std::string before = "0-0";
  int count = 0;
  for (const std::string id :
       {"9007199254740993-5", "18446744073709551614-18446744073709551615", "18446744073709551615-9007199254740993",
        "18446744073709551615-18446744073709551614", kMaxId.c_str()}) {
    (void)push(Order{.id = "of " + id}, id);
    CHECK(join() == Begins{before + " " + std::to_string(count) + " 1 _ _ 0 "});
    CHECK(run(rest()) == "a");
    const std::string settled = std::to_string(++count);
    move_to(before);
    CHECK(join() == id + " " + settled + " 0 restored " + before + " 0 " + settled);
    move_to(kMaxId);
    CHECK(join() == Begins{id + " "});
    (void)at_server({"DEL", position});
    CHECK(join() == id + " 0 0 recovered _ 0 " + settled);
    (void)at_server({"HSET", position, "count", settled, "base", "0"});
    before = id;
  }
}

TEST_CASE_FIXTURE(ServedShop, "entries that were deleted before they were settled are counted once") {
  // How many were pushed, which were deleted, and the answers before and after the rest was settled. Entries deleted
  // among others that wait are noticed only after these were settled.
  struct Row {
    int pushed;
    Words damage;
    std::string before, after;
    int deleted;
  };
  const Row rows[] = {
      {6, {"XDEL", orders, "12-0", "14-0"}, "10-0 10 6 _ _ 0 10", "16-0 14 0 _ _ 2 16", 2},
      {3, {"XDEL", orders, "13-0", "12-0"}, "", "11-0 11 0 _ _ 2 13", 2},
      {3, {"XDEL", orders, "11-0", "12-0", "13-0"}, "10-0 10 0 _ _ 3 13", "10-0 10 0 _ _ 0 13", 3},
      {7, {"XTRIM", orders, "MAXLEN", "4"}, "10-0 10 4 _ _ 3 13", "17-0 14 0 _ _ 0 17", 3},
      {7, {"XTRIM", orders, "MAXLEN", "0"}, "10-0 10 0 _ _ 7 17", "10-0 10 0 _ _ 0 17", 7},
  };
  for (const Row& row : rows) {
    SUBCASE(row.after.c_str()) {
      push_many(row.pushed);
      (void)at_server(row.damage);
      if (!row.before.empty()) CHECK(join() == row.before);
      const std::size_t waiting = rest().requests.size();
      settles_each_once(10 + waiting);
      CHECK(join() == row.after);
      CHECK(position_field("deleted") == std::to_string(row.deleted));
      for (int i = 0; i < 3; ++i) CHECK(join().find(" _ _ 0 ") != std::string::npos);
      push_many(2);
      (void)at_server({"XTRIM", orders, "MAXLEN", "1"});
      CHECK(join().find(" _ _ 1 ") != std::string::npos);
      CHECK(position_field("deleted") == std::to_string(row.deleted + 1));
    }
  }
}

TEST_CASE_FIXTURE(ServedShop, "entries that were settled before they were deleted do not count") {
  (void)at_server({"XDEL", orders, "3-0", "10-0"});
  CHECK(join() == "10-0 10 0 _ _ 0 10");
  (void)at_server({"XTRIM", orders, "MAXLEN", "0"});
  CHECK(join() == "10-0 10 0 _ _ 0 10");
  push_many(2);
  CHECK(join() == "10-0 10 2 _ _ 0 10");
}

TEST_CASE_FIXTURE(ServedShop, "a position hash damaged by hand is repaired as far as possible") {
  (void)at_server({"HSET", position, "count", "many", "base", "1e400", "deleted", "x", "floor", "y", "start", ""});
  CHECK(join() == "10-0 0 0 _ _ 0 10");
  push_many(1);
  (void)at_server({"XTRIM", orders, "MAXLEN", "0"});
  CHECK(join() == "10-0 0 0 _ _ 1 11");
  CHECK(position_field("deleted") == "1");
}

TEST_CASE_FIXTURE(ServedShop, "a refused join names the key and changes nothing") {
  move_to("9-0");
  refuses({wrong_type(position), wrong_type(orders), wrong_type(results_stream), without("hgetall", position),
           without("xrevrange", results_stream), without("xinfo", orders), without("hset", position), kOutOfMemory,
           kReplica},
          [&] { return join(); });
}

}  // namespace orderd::test
