// sign.lua: the consumer group that shows the position to monitoring.
#include "shop.h"

namespace orderd::test {
namespace {

// The group: "position, entries read, lag" from XINFO GROUPS, or "none".
std::string shown(Shop& shop, const std::string& group) {
  const valkey::OwnedReply groups = send(shop.admin(), command_of({"XINFO", "GROUPS", shop.orders}));
  for (std::size_t i = 0; i < groups->size(); ++i) {
    std::map<std::string, std::string> named;
    const valkey::Reply each = groups->at(i);
    for (std::size_t f = 0; f + 1 < each.size(); f += 2)
      named[std::string(each.at(f).text())] = text_of(each.at(f + 1));
    if (named["name"] == group) return named["last-delivered-id"] + " " + named["entries-read"] + " " + named["lag"];
  }
  return "none";
}

}  // namespace

TEST_CASE_FIXTURE(Shop, "without a stream nothing is shown and none is created") {
  CHECK(sign("g") == "missing 0");
  CHECK(sign("") == "missing _");
  CHECK(ask_number(admin(), {"EXISTS", orders}) == 0);
}

TEST_CASE_FIXTURE(Shop, "the group is created at the position and moved along with it and shows what waits") {
  stock("shoe", "100");
  (void)push(Order{});
  (void)push(Order{});
  CHECK(sign("g") == "created 2");
  CHECK(shown(*this, "g") == "0-0 0 2");
  CHECK(sign("g") == "moved 2");
  (void)at_server({"HSET", position, "id", "1-0", "count", "1"});
  CHECK(sign("g") == "moved 1");
  CHECK(shown(*this, "g") == "1-0 1 1");
  (void)at_server({"HSET", position, "id", "2-0", "count", "2"});
  CHECK(sign("g") == "moved 0");
}

TEST_CASE_FIXTURE(Shop, "nothing is written if the group is right") {
  (void)push(Order{});
  (void)sign("g");
  const std::string before = snapshot();
  const auto offset = [&] {
    const std::string info(send(admin(), command_of({"INFO", "persistence"}))->text());
    return info.substr(info.find("rdb_changes_since_last_save"), 45);
  };
  const std::string changes = offset();
  CHECK(sign("g") == "moved 1");
  CHECK(offset() == changes);
  CHECK(snapshot() == before);
}

TEST_CASE_FIXTURE(Shop, "whatever others do to the group it is repaired and nothing else is touched") {
  (void)push(Order{});
  (void)push(Order{});
  (void)sign("g");
  (void)at_server({"XGROUP", "CREATE", orders, "other", "0"});
  SUBCASE("moved forward") {
    (void)at_server({"XGROUP", "SETID", orders, "g", "$"});
    CHECK(sign("g") == "moved 2");
  }
  SUBCASE("read through") {
    (void)at_server({"XREADGROUP", "GROUP", "g", "c", "STREAMS", orders, ">"});
    CHECK(sign("g") == "moved 2");
  }
  SUBCASE("destroyed") {
    (void)at_server({"XGROUP", "DESTROY", orders, "g"});
    CHECK(sign("g") == "created 2");
  }
  CHECK(shown(*this, "g") == "0-0 0 2");
  CHECK(shown(*this, "other").starts_with("0-0 "));
}

TEST_CASE_FIXTURE(Shop, "entries deleted while nothing waits show as a lag") {
  (void)push(Order{});
  (void)push(Order{});
  (void)at_server({"XTRIM", orders, "MAXLEN", "0"});
  CHECK(sign("g") == "created 2");
}

TEST_CASE_FIXTURE(Shop, "a stream that ends before the position has no lag of 0 whatever the counts say") {
  (void)push(Order{});
  (void)push(Order{});
  (void)at_server({"HSET", position, "id", "2-0", "count", "2", "base", "0"});
  CHECK(sign("g") == "created 0");
  (void)at_server({"HSET", position, "id", "3-0"});
  for (int times = 0; times < 3; ++times) CHECK(sign("g") == "moved _");
  (void)at_server({"HSET", position, "id", "2-0"});
  CHECK(sign("g") == "moved 0");
  CHECK(shown(*this, "g") == "2-0 2 0");
}

TEST_CASE_FIXTURE(Shop, "with an unknown count the server's own lag is returned") {
  (void)push(Order{});
  (void)at_server({"HSET", position, "base", ""});
  CHECK(sign("g").starts_with("created "));
  CHECK(shown(*this, "g").starts_with("0-0 "));
}

TEST_CASE_FIXTURE(Shop, "a refusal is named with its key") {
  (void)push(Order{});
  refuses({wrong_type(position), wrong_type(orders), without("xgroup", orders)}, [&] { return sign("g"); });
}

}  // namespace orderd::test
