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
  CHECK(ran.row("active") == "active none");
  CHECK(ran.row("standby") == "standby none");
  CHECK(ran.row("position") == "position none: orderd has not served this stream yet");
  CHECK(ran.row("group") == "group 'orderd' does not exist; orderd creates it for monitoring");
  CHECK_FALSE(ran.says("warning"));
  const Json json = status(desk);
  CHECK(json["server"]["role"] == "primary");
  CHECK(json["server"]["append_only"] == true);
  CHECK(json["server"]["aof_load_truncated"] == false);
  CHECK(json["active"].is_null());
  CHECK(json["standby"] == Json::array());
  CHECK(json["position"].is_null());
  CHECK(json["group"]["exists"] == false);
  CHECK(json["warnings"] == Json::array());
}

TEST_CASE("the status shows the position and what waits and who is active and who stands by") {
  Desk desk(kKept);
  (void)ask(desk.admin(), {"XADD", "orders", "1-0", "order", "1"});
  (void)ask(desk.admin(), {"XADD", "orders", "2-0", "order", "1"});
  (void)ask(desk.admin(), {"XADD", "orders", "3-0", "order", "1"});
  (void)ask(desk.admin(),
            {"HSET", "orders:position", "id", "1-0", "count", "1", "base", "0", "result", "5-0", "deleted", "2"});
  (void)ask(desk.admin(), {"SET", "orders:owner", "host a 0123abcd 1000", "PX", "60000"});
  const std::string now = ask(desk.admin(), {"EVAL", "return redis.call('TIME')[1] .. '000'", "0"});
  (void)ask(desk.admin(), {"ZADD", "orders:standby", now, "host \x1b[1m"});
  (void)ask(desk.admin(), {"XGROUP", "CREATE", "orders", "orderd", "1-0", "ENTRIESREAD", "1"});
  const Ran ran = desk.run({"status"});
  CHECK(ran.row("active").starts_with("active 'host a' since "));
  CHECK(ran.row("standby").find("'host \\x1b[1m', seen ") != std::string::npos);
  CHECK(ran.row("position") == "position 1-0, its result is 5-0");
  CHECK(ran.row("settled").starts_with("settled 1"));
  CHECK(ran.row("waiting").starts_with("waiting 2, the oldest is 2-0"));
  CHECK(ran.row("group") == "group 'orderd' shows a lag of 2");
  const Json json = status(desk);
  CHECK(json["position"] == "1-0");
  CHECK(json["settled"] == 1);
  CHECK(json["deleted_before_settled"] == 2);
  CHECK(json["waiting"]["count"] == 2);
  CHECK(json["active"]["name"] == "host a");
  CHECK(json["active"]["since_ms"] == 1000);
  CHECK(json["standby"].size() == 1);
}

TEST_CASE("a lag that the server does not know is shown as unknown") {
  Desk desk(kKept);
  const std::string first = xadd(desk.admin(), "orders", {{"order", "1"}});
  const std::string second = xadd(desk.admin(), "orders", {{"order", "1"}});
  (void)xadd(desk.admin(), "orders", {{"order", "1"}});
  (void)ask(desk.admin(), {"XGROUP", "CREATE", "orders", "orderd", first});
  (void)ask(desk.admin(), {"XDEL", "orders", second});
  CHECK(status(desk)["group"]["exists"] == true);
  CHECK(status(desk)["group"]["lag"].is_null());
}

TEST_CASE("requests that wait for nobody are warned of") {
  Desk desk(kKept);
  (void)xadd(desk.admin(), "orders", {{"order", "1"}});
  CHECK(desk.run({"status"}).says("warning: requests are waiting and no orderd is active"));
  CHECK(status(desk)["warnings"].size() == 1);
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
}

TEST_CASE("a key of another type is named and the rest is shown") {
  Desk desk(kKept);
  set(desk.admin(), "orders:dead", "text");
  const Ran ran = desk.run({"status"});
  CHECK(ran.status == 0);
  CHECK(ran.says("warning: the key 'orders:dead' holds another type"));
  CHECK(ran.row("dead letters") == "dead letters not known");
  CHECK(ran.row("position").starts_with("position none"));
}

TEST_CASE("a user who may not ask about the server sees the rest") {
  for (const char* right : {"-info", "-config|get", "-hgetall", "-xinfo"}) {
    CAPTURE(right);
    Desk desk(kKept);
    (void)ask(desk.admin(), {"ACL", "SETUSER", "default", right});
    const Ran ran = desk.run({"status"});
    CHECK(ran.status == 0);
    CHECK(ran.row("server").starts_with("server " + desk.url()));
    CHECK(ran.row("results").starts_with("results "));
    (void)status(desk);
  }
}

}  // namespace
}  // namespace orderd::test
