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
  const std::string before = shop.snapshot();
  const auto refused = [&](const std::string& beginning) {
    const std::string answer = shop.run(waiting);
    CHECK_MESSAGE(answer.starts_with(beginning), answer);
    CHECK(shop.snapshot() == before);
    (void)shop.at_server({"CONFIG", "SET", "maxmemory", "0"});
    shop.allow_everything();
  };
  const std::vector<std::pair<std::string, std::string>> rights = {
      {"hmget", "orders:position"}, {"mget", "orders:order:w-1"}, {"exists", "product:hat:stock"},
      {"xadd", "results"},          {"xdel", "results"},          {"hset", "orders:position"},
      {"set", "orders:order:w-1"},  {"del", "orders:order:w-1"},  {"decrby", "product:shoe:stock"}};
  for (const auto& [command, key] : rights) {
    shop.acl({"-" + command});
    refused("-NOPERM key " + key + ": ");
  }
  shop.acl({"resetkeys", "~orders*", "~results", "%R~product:*", "(+evalsha ~*)"});
  refused("-NOPERM key product:shoe:stock: ");
  (void)shop.at_server({"CONFIG", "SET", "maxmemory", "1"});
  refused("-OOM ");
  CHECK(shop.run(waiting) == "amu");
  CHECK(shop.run(waiting) == "moved");
}

void joins(Shop& shop) {
  CHECK(shop.join() == "12-0 12 0 _ _ 0 12");
  (void)shop.at_server({"HSET", shop.position, "id", "3-0"});
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
  (void)shop.at_server({"RENAME", shop.orders, "aside"});
  (void)shop.at_server({"SET", shop.orders, "x"});
  CHECK(shop.join().starts_with("-WRONGTYPE key orders: "));
  (void)shop.at_server({"RENAME", "aside", shop.orders});
  shop.acl({"-hgetall"});
  CHECK(shop.join().starts_with("-NOPERM key orders:position: "));
  shop.allow_everything();
}

void leases_trims_and_changes_stock(Shop& shop) {
  CHECK(shop.lease("one", "1a", "fresh").starts_with("active "));
  CHECK(shop.lease("two", "2b", "fresh").starts_with("standby one "));
  CHECK(shop.lease("one", "1b", "active").starts_with("namesake one "));
  CHECK(shop.lease("one", "1a", "release") == "released");
  CHECK(shop.lease("two", "2b", "standby").starts_with("active "));
  CHECK(shop.change_stock("set", "shoe", "100").ends_with(shop.results().back().id));
  CHECK(shop.change_stock("add", "shoe", "-1").starts_with("100 99 "));
  shop.acl({"-xdel"});
  CHECK(shop.change_stock("add", "shoe", "1").starts_with("-NOPERM key results: "));
  shop.allow_everything();
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
