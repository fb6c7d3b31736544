// The same scripts on several servers: the path of an order on each server available. tools/other-servers downloads the
// others into build/servers/.
#include <filesystem>

#include "shop.h"

namespace orderd::test {
namespace {

const std::vector<std::string> kOthers = {"redis-7.0", "valkey-8.1", "redis-8.0"};

std::string program_of(const std::string& name) {
  return std::string(ORDERD_SERVERS) + "/" + name + "/server";
}

void settles(Shop& shop) {
  shop.stock("shoe", "10");
  shop.stock("bad", "1e3");
  set(shop.admin(), shop.record_key("foreign"), "x");
  (void)shop.at_server({"LPUSH", shop.record_key("list"), "x"});
  const Order good{.customer = "c-1"}, reused{.lines = {{"shoe", "4"}}}, many{.id = "many", .lines = {{"shoe", "8"}}};
  CHECK(shop.settle({good, good, reused, many, Order{.id = "u", .lines = {{"hat", "1"}}},
                     Order{.id = "k", .lines = {{"bad", "1"}}}, Order{.id = "foreign"}, Order{.id = "list"},
                     Malformed{}}) == "adisukrrm");
  CHECK(text_of(shop.results().front()) == R"(order=o-1 request=1-0 status=accepted )"
                                           R"(lines=[{"sku":"shoe","quantity":3,"remaining":7}] customer=c-1)");
  CHECK(shop.stock("shoe") == "7");
  CHECK(length(shop.admin(), shop.dead) == 1);
}

void is_refused(Shop& shop) {
  const Call waiting = shop.call({Order{.id = "w-1"}, Malformed{}, Order{.id = "w-2", .lines = {{"hat", "1"}}}});
  const std::string shoe = shop.stock_key("shoe"), record = shop.record_key("w-1");
  shop.refuses(
      {without("hmget", shop.position), without("mget", record), without("exists", shop.stock_key("hat")),
       without("xadd", shop.results_stream), without("xdel", shop.results_stream), without("hset", shop.position),
       without("set", record), without("del", record), without("decrby", shoe),
       denied({"resetkeys", "~orders*", "~results", "%R~product:*", "(+evalsha ~*)"}, "-NOPERM key " + shoe + ": "),
       kOutOfMemory},
      [&] { return shop.run(waiting); });
  CHECK(shop.run(waiting) == "amu");
  CHECK(shop.run(waiting) == "moved");
}

void joins(Shop& shop) {
  CHECK(shop.join() == "12-0 12 0 _ _ 0 12");
  shop.move_to("3-0");
  CHECK(shop.join() == "12-0 12 0 restored 3-0 0 12");
  (void)shop.at_server({"DEL", shop.position});
  CHECK(shop.join() == "12-0 0 0 recovered _ 0 12");
  shop.push_many(3);
  (void)shop.at_server({"XDEL", shop.orders, "13-0", "14-0", "15-0"});
  CHECK(shop.join() == "12-0 0 0 _ _ 3 15");
  CHECK(shop.settle({Order{.id = "j-1"}, Order{.id = "j-2"}}) == "as");
  (void)shop.at_server({"DEL", shop.orders});
  shop.next_id(13);
  (void)shop.push(Order{.id = "j-3"});
  CHECK(shop.join() == "0-0 0 1 restarted 17-0 0 0");
  CHECK(shop.run(shop.rest()) == "s");
  CHECK(shop.join() == "13-0 1 0 _ _ 0 1");
  shop.refuses({wrong_type(shop.orders), without("hgetall", shop.position)}, [&] { return shop.join(); });
}

void leases_trims_and_changes_stock(Shop& shop) {
  CHECK(shop.lease("one", "1a", "fresh").starts_with("active "));
  CHECK(shop.lease("two", "2b", "fresh").starts_with("standby one "));
  CHECK(shop.lease("one", "1b", "active").starts_with("namesake one "));
  CHECK(shop.lease("one", "1a", "release") == "released");
  CHECK(shop.lease("two", "2b", "standby").starts_with("active "));
  CHECK(shop.change_stock("set", "shoe", "100").ends_with(shop.results().back().id));
  CHECK(shop.change_stock("add", "shoe", "-1").starts_with("100 99 "));
  shop.refuses({without("xdel", shop.results_stream)}, [&] { return shop.change_stock("add", "shoe", "1"); });
  CHECK(shop.sign("orderd") == "created 0");
  CHECK(shop.sign("orderd") == "moved 0");
  shop.push_many(5);
  CHECK(shop.sign("orderd") == "moved 5");
  (void)shop.run(shop.rest());
  CHECK(shop.sign("orderd") == "moved 0");
  CHECK(shop.trim("orders", 1, 1000, "orderd") == "5 0 _ _");
  (void)shop.at_server({"CONFIG", "SET", "maxmemory", "1"});
  CHECK(shop.trim("results", 3'600'000) == "0 0 _ _");
  CHECK(shop.lease("two", "2b", "active").starts_with("active "));
  (void)shop.at_server({"CONFIG", "SET", "maxmemory", "0"});
  (void)shop.at_server({"DEL", shop.orders, shop.results_stream});
  for (const char* kind : {"orders", "results"}) CHECK(shop.trim(kind, 1) == "0 0 _ _");
}

void serves(const std::string& program) {
  const ValkeyServer server({.program = program});
  Shop shop(server, "");
  settles(shop);
  is_refused(shop);
  joins(shop);
  leases_trims_and_changes_stock(shop);
}

}  // namespace

TEST_CASE("the scripts run on the server in the PATH") {
  serves("valkey-server");
}

TEST_CASE("the scripts run on every other server that was downloaded") {
  for (const std::string& name : kOthers) {
    CAPTURE(name);
    if (std::filesystem::exists(program_of(name))) {
      serves(program_of(name));
    } else {
      MESSAGE(name, " is not available: tools/other-servers downloads it");
    }
  }
}

}  // namespace orderd::test
