#include "integration/orderctl_desk.h"

namespace orderd::test {
namespace {

Json status(const Desk& desk) {
  const Ran ran = desk.run({"status", "--json"});
  CHECK(ran.status == 0);
  CHECK(ran.errors.empty());
  const auto lines = ran.json();
  REQUIRE(lines.size() == 1);
  return lines[0];
}

const ServerOptions kKept = {.append_only = ServerOptions::AppendOnly::kEverySecond,
                             .config = {"aof-load-truncated no"}};

TEST_CASE("the status of a server that orderd has never served") {
  const Desk desk(kKept);
  const Ran ran = desk.run({"status"});
  CHECK(ran.status == 0);
  CHECK(ran.row("server").starts_with("server " + desk.url() + ", Valkey "));
  CHECK(ran.row("server").ends_with("primary, append-only file on"));
  CHECK(ran.row("memory").ends_with("no limit set, maxmemory-policy noeviction"));
  CHECK(ran.row("orders") == "orders the stream 'orders' is not there yet: the first order makes it");
  CHECK(ran.row("group") == "group the group 'orderd' is not there: orderd creates it when it starts");
  CHECK(ran.row("results") == "results the stream 'results' is not there yet: the first result makes it");
  CHECK(ran.row("dead letters").find("is not there yet") != std::string::npos);
  CHECK_FALSE(ran.says("warning"));
  const Json json = status(desk);
  CHECK(json["server"]["role"] == "primary");
  CHECK(json["server"]["append_only"] == true);
  CHECK(json["server"]["aof_load_truncated"] == false);
  CHECK(json["orders"] == Json({{"stream", "orders"}, {"exists", false}, {"length", 0}, {"newest", nullptr}}));
  CHECK(json["group"]["exists"] == false);
  CHECK(json["group"]["oldest_pending"].is_null());
  CHECK(json["group"]["consumers"] == Json::array());
  CHECK(json["warnings"] == Json::array());
}

TEST_CASE("the status shows what waits and what is pending and with whom") {
  Desk desk(kKept);
  (void)ask(desk.admin(), {"XGROUP", "CREATE", "orders", "orderd", "0", "MKSTREAM"});
  const std::string first = xadd(desk.admin(), "orders", {{"order", "1"}});
  for (int i = 0; i < 5; ++i) (void)xadd(desk.admin(), "orders", {{"order", "1"}});
  (void)read_group(desk.admin(), "orders", "orderd", "host \x1b[1m", ">", 3);
  (void)ask(desk.admin(), {"XGROUP", "CREATECONSUMER", "orders", "orderd", "idler"});
  (void)ask(desk.admin(), {"HSET", "orders:orderd:position", "settled", "7-7"});
  (void)xadd(desk.admin(), "results", {{"order", "1"}});
  (void)xadd(desk.admin(), "orders:dead", {{"order", "1"}});
  const Ran ran = desk.run({"status"});
  CHECK(ran.row("orders").starts_with("orders 6 entries in 'orders', the newest is "));
  CHECK(ran.row("group") == "group 'orderd': 3 waiting, 3 pending, 0 settled");
  CHECK(ran.row("oldest pending").starts_with("oldest pending " + first + ", pushed "));
  CHECK(ran.row("oldest pending").find("delivered 1 time, last to 'host \\x1b[1m'") != std::string::npos);
  CHECK(ran.row("settled up to") == "settled up to 7-7");
  CHECK(ran.row("results").starts_with("results 1 entry"));
  CHECK(ran.row("dead letters").starts_with("dead letters 1 entry"));
  CHECK(ran.row("host \\x1b[1m").starts_with("host \\x1b[1m 3 "));
  CHECK(ran.row("idler").ends_with(" -"));
  const Json json = status(desk);
  CHECK(json["orders"]["length"] == 6);
  CHECK(json["group"]["lag"] == 3);
  CHECK(json["group"]["pending"] == 3);
  CHECK(json["group"]["settled"] == 0);
  CHECK(json["group"]["settled_up_to"] == "7-7");
  CHECK(json["group"]["oldest_pending"]["request"] == first);
  CHECK(json["group"]["oldest_pending"]["age_ms"] >= json["group"]["oldest_pending"]["idle_ms"]);
  CHECK(json["group"]["oldest_pending"]["deliveries"] == 1);
  REQUIRE(json["group"]["consumers"].size() == 2);
  CHECK(json["group"]["consumers"][0]["pending"] == 3);
  CHECK(json["group"]["consumers"][1]["inactive_ms"].is_null());
}

TEST_CASE("a lag that the server does not know is shown as unknown") {
  Desk desk(kKept);
  const std::string first = xadd(desk.admin(), "orders", {{"order", "1"}});
  const std::string second = xadd(desk.admin(), "orders", {{"order", "1"}});
  (void)xadd(desk.admin(), "orders", {{"order", "1"}});
  (void)ask(desk.admin(), {"XGROUP", "CREATE", "orders", "orderd", first});
  (void)ask(desk.admin(), {"XDEL", "orders", second});
  CHECK(desk.run({"status"}).row("group") == "group 'orderd': unknown waiting, 0 pending, unknown settled");
  CHECK(desk.run({"status"}).says("no consumer has read from this group yet"));
  CHECK(status(desk)["group"]["lag"].is_null());
}

TEST_CASE("a group of another name is missing") {
  Desk desk(kKept);
  (void)ask(desk.admin(), {"XGROUP", "CREATE", "orders", "other", "0", "MKSTREAM"});
  CHECK(desk.run({"status"}).row("group").find("is not there") != std::string::npos);
  CHECK(desk.run({"status", "--streams.group", "other"}).row("group") ==
        "group 'other': 0 waiting, 0 pending, unknown settled");
}

TEST_CASE("settings of the server that lose data are warned of") {
  Desk desk({.config = {"maxmemory 100mb", "maxmemory-policy allkeys-lru"}});
  const Ran ran = desk.run({"status"});
  CHECK(ran.status == 0);
  CHECK(ran.says("warning: maxmemory-policy is 'allkeys-lru'"));
  CHECK(ran.says("warning: the append-only file is off"));
  CHECK(ran.row("memory").ends_with("of 100.0 MiB, maxmemory-policy allkeys-lru"));
  CHECK(status(desk)["warnings"].size() == 2);
  (void)ask(desk.admin(), {"REPLICAOF", "127.0.0.1", "1"});
  CHECK(desk.run({"status"}).says("warning: the server is a replica"));
}

TEST_CASE("a server that accepts a torn append-only file is warned of") {
  Desk desk({.append_only = ServerOptions::AppendOnly::kAlways, .config = {"aof-load-truncated yes"}});
  const Ran ran = desk.run({"status"});
  CHECK(ran.status == 0);
  CHECK(ran.says("warning: aof-load-truncated is yes"));
  CHECK(status(desk)["warnings"].size() == 1);
  CHECK(status(desk)["server"]["aof_load_truncated"] == true);
  (void)ask(desk.admin(), {"CONFIG", "SET", "aof-load-truncated", "no"});
  CHECK_FALSE(desk.run({"status"}).says("warning"));
  // Without the right to ask there is nothing to warn of.
  (void)ask(desk.admin(), {"CONFIG", "SET", "aof-load-truncated", "yes"});
  (void)ask(desk.admin(), {"ACL", "SETUSER", "default", "-config|get"});
  CHECK_FALSE(desk.run({"status"}).says("warning"));
  CHECK(status(desk)["server"]["aof_load_truncated"].is_null());
}

TEST_CASE("a key that is no stream is named") {
  Desk desk(kKept);
  set(desk.admin(), "orders:dead", "text");
  const Ran ran = desk.run({"status"});
  CHECK(ran.status == 1);
  CHECK(ran.output.empty());
  CHECK(ran.complains("the key 'orders:dead' holds no stream"));
}

TEST_CASE("a user who may not ask about the server sees the rest") {
  Desk desk(kKept);
  (void)ask(desk.admin(), {"ACL", "SETUSER", "default", "-info"});
  const Ran ran = desk.run({"status"});
  CHECK(ran.status == 0);
  CHECK(ran.row("server") == "server " + desk.url() + ", which does not let this user ask about it (INFO)");
  CHECK(ran.row("memory").empty());
  CHECK(status(desk)["server"]["append_only"].is_null());
}

}  // namespace
}  // namespace orderd::test
