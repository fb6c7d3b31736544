// join.lua when the orders stream was deleted and recreated.
#include "recreated_shop.h"

namespace orderd::test {

TEST_CASE_FIXTURE(RecreatedShop, "a stream recreated with larger IDs continues and its entries are counted from zero") {
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

TEST_CASE_FIXTURE(RecreatedShop, "a stream recreated with IDs that are not larger is settled from its first entry") {
  // All below the old ones, some equal to old ones, all of them, the last equal to the last old one; then more than
  // there were.
  int first = 0, pushed = 0;
  for (const auto& [from, count] : {std::pair(1, 5), {99, 5}, {101, 5}, {116, 5}, {101, 30}}) {
    SUBCASE((std::to_string(count) + " from " + std::to_string(from)).c_str()) {
      first = from;
      pushed = count;
    }
  }
  recreate(first, pushed);
  const std::string last = std::to_string(first + pushed - 1) + "-0", all = std::to_string(pushed);
  CHECK(join() == "0-0 0 " + all + " restarted 120-0 0 0");
  stays("0-0 0 " + all + " _ _ 0 0");
  // Moved by hand before anything of this stream was settled.
  for (const std::string& wrong : Words{last, "900-0", "nothing"}) {
    move_to(wrong);
    CHECK(join() == "0-0 0 " + all + " restored " + wrong + " 0 0");
  }
  const std::string settled = settles();
  CHECK(settled == Begins{std::to_string(first) + "-0 "});
  CHECK(settled.ends_with(" " + last + " "));
  stays(last + " " + all + " 0 _ _ 0 " + all);
  // A position moved by hand is restored to a result of this stream, not of the previous one.
  for (const std::string wrong : {"900-0", "0-0"}) {
    move_to(wrong);
    CHECK(join() == last + " " + all + " 0 restored " + wrong + " 0 " + all);
  }
  (void)at_server({"DEL", position});
  CHECK(join() == last + " 0 0 recovered _ 0 " + all);
  CHECK(results().size() == static_cast<std::size_t>(20 + pushed));
}

TEST_CASE_FIXTURE(RecreatedShop, "a position that is moved right after a restart skips nothing") {
  const std::string copy = dump();
  recreate(121, 10);
  CHECK(settles().ends_with(" 130-0 "));
  restore(copy);
  push_new(122, 5);  // the IDs of requests settled in the old stream
  CHECK(join() == "120-0 0 -1 restarted 130-0 0 _");
  move_to("124-0");
  CHECK(join() == "120-0 0 -1 restored 124-0 0 _");
  CHECK(settles() == "122-0 123-0 124-0 125-0 126-0 ");
}

TEST_CASE_FIXTURE(RecreatedShop, "a stream recreated again and again is settled each time") {
  for (int turn = 0; turn < 4; ++turn) {
    CAPTURE(turn);
    recreate(turn % 2 == 0 ? 1 : 3, 5);
    CHECK(join().find(" restarted ") != std::string::npos);
    CHECK(!settles().empty());
    CHECK(join().ends_with(" 5 0 _ _ 0 5"));
  }
  CHECK(results().size() == 40);
}

TEST_CASE_FIXTURE(RecreatedShop,
                  "when the position is lost too only the newest result proves that a stream was recreated") {
  recreate(1, 5);
  (void)at_server({"DEL", position});
  CHECK(join() == "120-0 0 0 recovered _ 0 _");
  stays("120-0 0 0 behind _ 0 _");
  (void)at_server({"DEL", position});
  recreate(118, 3);
  CHECK(join() == "119-0 0 -1 restarted 120-0 0 _");
  CHECK(settles() == "120-0 ");
}

TEST_CASE_FIXTURE(RecreatedShop, "a position that is lost after a restart does not settle the stream again") {
  recreate(1, 5);
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

TEST_CASE_FIXTURE(RecreatedShop, "a recreated stream is not settled when results that would prove it new are missing") {
  (void)at_server({"XTRIM", results_stream, "MAXLEN", "10"});
  recreate(1, 5);
  stays("120-0 20 0 behind _ 0 20");
  // As the documentation says for this case: everything up to the newest result belongs to the old stream.
  (void)at_server({"HSET", position, "id", "0-0", "result", "", "floor", results().back().id});
  CHECK(join().starts_with("0-0 20 5 _ _ 0 "));
  CHECK(settles() == "1-0 2-0 3-0 4-0 5-0 ");
}

TEST_CASE_FIXTURE(RecreatedShop, "a single deleted result restarts nothing") {
  for (int turn = 0; turn < 20; ++turn) {
    const auto written = results();
    (void)at_server({"XDEL", results_stream, written[static_cast<std::size_t>(turn) % written.size()].id});
    stays("120-0 20 0 _ _ 0 20");
  }
}

TEST_CASE_FIXTURE(RecreatedShop, "a restart that is refused changes nothing") {
  recreate(1, 5);
  refuses({without("hset", position), denied({"-xrange"}, "-NOPERM key "), denied({"-xrevrange"}, "-NOPERM key ")},
          [&] { return join(); });
  CHECK(join() == "0-0 0 5 restarted 120-0 0 0");
}

}  // namespace orderd::test
