// sign.lua: the consumer group that shows the position to monitoring.
#include "shop.h"

namespace orderd::test {
namespace {

class SignedShop : public FullShop {
 public:
  // The group: "position, entries read, lag" from XINFO GROUPS, or "none".
  std::string shown(const std::string& group = "g") {
    const valkey::OwnedReply groups = send(admin(), command_of({"XINFO", "GROUPS", orders}));
    for (std::size_t i = 0; i < groups->size(); ++i) {
      std::map<std::string, std::string> named;
      const valkey::Reply each = groups->at(i);
      for (std::size_t f = 0; f + 1 < each.size(); f += 2) named[text_of(each.at(f))] = text_of(each.at(f + 1));
      if (named["name"] == group) return named["last-delivered-id"] + " " + named["entries-read"] + " " + named["lag"];
    }
    return "none";
  }
};

}  // namespace

TEST_CASE_FIXTURE(SignedShop, "without a stream nothing is shown and none is created") {
  CHECK(sign("g") == "missing 0");
  CHECK(sign("") == "missing _");
  CHECK(ask_number(admin(), {"EXISTS", orders}) == 0);
}

TEST_CASE_FIXTURE(SignedShop, "the group is created at the position and moved along with it and shows what waits") {
  push_many(2);
  CHECK(sign("g") == "created 2");
  CHECK(shown() == "0-0 0 2");
  CHECK(sign("g") == "moved 2");
  (void)at_server({"HSET", position, "id", "1-0", "count", "1"});
  CHECK(sign("g") == "moved 1");
  CHECK(shown() == "1-0 1 1");
  (void)at_server({"HSET", position, "id", "2-0", "count", "2"});
  CHECK(sign("g") == "moved 0");
}

TEST_CASE_FIXTURE(SignedShop, "nothing is written if the group is right") {
  (void)push(Order{});
  (void)sign("g");
  const auto changes = [&] {
    const std::string info = at_server({"INFO", "persistence"});
    return info.substr(info.find("rdb_changes_since_last_save"), 45);
  };
  const std::string before = changes();
  CHECK(unchanged([this] { return sign("g"); }) == "moved 1");
  CHECK(changes() == before);
}

TEST_CASE_FIXTURE(SignedShop, "whatever others do to the group it is repaired and nothing else is touched") {
  push_many(2);
  (void)sign("g");
  (void)at_server({"XGROUP", "CREATE", orders, "other", "0"});
  suffers_one_of({{"moved forward", {{"XGROUP", "SETID", orders, "g", "$"}}},
                  {"read through", {{"XREADGROUP", "GROUP", "g", "c", "STREAMS", orders, ">"}}},
                  {"destroyed", {{"XGROUP", "DESTROY", orders, "g"}}}});
  CHECK(sign("g") == (shown() == "none" ? "created 2" : "moved 2"));
  CHECK(shown() == "0-0 0 2");
  CHECK(shown("other").starts_with("0-0 "));
}

TEST_CASE_FIXTURE(SignedShop, "entries deleted while nothing waits show as a lag") {
  push_many(2);
  (void)at_server({"XTRIM", orders, "MAXLEN", "0"});
  CHECK(sign("g") == "created 2");
}

TEST_CASE_FIXTURE(SignedShop, "a stream that ends before the position has no lag of 0 whatever the counts say") {
  push_many(2);
  (void)at_server({"HSET", position, "id", "2-0", "count", "2", "base", "0"});
  CHECK(sign("g") == "created 0");
  move_to("3-0");
  for (int times = 0; times < 3; ++times) CHECK(sign("g") == "moved _");
  move_to("2-0");
  CHECK(sign("g") == "moved 0");
  CHECK(shown() == "2-0 2 0");
}

TEST_CASE_FIXTURE(SignedShop, "with an unknown count the server's own lag is returned") {
  (void)push(Order{});
  (void)at_server({"HSET", position, "base", ""});
  CHECK(sign("g").starts_with("created "));
  CHECK(shown().starts_with("0-0 "));
}

TEST_CASE_FIXTURE(SignedShop, "a refusal is named with its key") {
  (void)push(Order{});
  refuses({wrong_type(position), wrong_type(orders), without("xgroup", orders)}, [&] { return sign("g"); });
}

}  // namespace orderd::test
