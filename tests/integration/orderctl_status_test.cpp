#include "integration/orderctl_desk.h"

namespace orderd::test {
namespace {

struct StatusDesk : Desk {
  using Desk::Desk;

  [[nodiscard]] Json status(const Words& flags = {}) const {
    const Ran ran = succeeded(run(joined({"status", "--json"}, flags)));
    CHECK(ran.errors.empty());
    const auto lines = ran.json();
    REQUIRE(lines.size() == 1);
    return lines[0];
  }
  // Expects these values in the JSON of the status.
  void check_status(const std::vector<std::pair<std::string, Json>>& expected) const {
    check_values(status(), expected);
  }
  // This many requests, of which the first `settled` are settled, in the state that the scripts leave.
  std::vector<std::string> fill(std::size_t requests, std::size_t settled) {
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < requests; ++i) ids.push_back(xadd(admin(), "orders", {{"order", "1"}}));
    for (std::size_t i = 0; i < settled; ++i) {
      const std::string result = xadd(admin(), "results", {{"request", ids[i]}});
      hset({"id", ids[i], "count", std::to_string(i + 1), "result", result, "base", "0"});
    }
    return ids;
  }
  // Sets fields of the position.
  void hset(const Words& fields) { ask(admin(), joined({"HSET", "orders:position"}, fields)); }
  uint64_t now_ms() {
    const std::string script = "local t = server.call('TIME') return string.format('%d%03d', t[1], t[2] / 1000)";
    return std::stoull(ask(admin(), {"EVAL", script, "0"}));
  }
};

// Its server gives no warnings.
struct QuietDesk : StatusDesk {
  QuietDesk()
      : StatusDesk({.append_only = ServerOptions::AppendOnly::kEverySecond, .config = {"aof-load-truncated no"}}) {}
};

TEST_CASE_FIXTURE(QuietDesk, "a consumer group that holds back trimming is named") {
  fill(3, 3);
  const auto warned = [&](const Words& flags = {}) { return status(flags)["warnings"]; };
  const auto create = [&](const char* group, const char* id) {
    ask(admin(), {"XGROUP", "CREATE", "orders", group, id});
  };
  create("young", "0");
  create("orderd", "0");
  CHECK(warned().empty());  // nothing is old enough
  ask(admin(), {"DEL", "orders"});
  for (const char* id : {"5-0", "6-0", "7-0"}) ask(admin(), {"XADD", "orders", id, "order", "1"});
  create("orderd", "0");
  create("done", "$");
  CHECK(warned().empty());
  create("mail", "5-0");
  CHECK(warned() == Json::array({"the consumer group 'mail' keeps 'orders' from being trimmed (retention.orders): it "
                                 "is behind, at 5-0, with 2 entries to read; if nobody uses it: XGROUP DESTROY orders "
                                 "mail"}));
  CHECK(warned({"--retention.orders", "0s", "--retention.results", "0s"}).empty());
  // Everything is read but not acknowledged.
  ask(admin(), {"XGROUP", "SETID", "orders", "mail", "0"});
  CHECK(read_group(admin(), "orders", "mail", "c", ">", 3).size() == 3);
  ask(admin(), {"XACK", "orders", "mail", "5-0"});
  CHECK(contains(warned()[0].get<std::string>(), "it is behind, at 6-0"));
}

TEST_CASE_FIXTURE(QuietDesk, "the status of a server that orderd has never served") {
  const Ran ran = succeeded(run({"status"}));
  check_rows(ran, {"server " + url() + ", Valkey *primary, append-only file on",
                   "memory *no limit set, maxmemory-policy noeviction", "active none", "standby none",
                   "orders 0 entries in 'orders'", "position none: orderd has not served this stream yet", "settled 0",
                   "waiting 0", "group 'orderd' does not exist; orderd creates it for monitoring",
                   "results 0 entries in 'results'", "dead letters 0 entries in 'orders:dead'"});
  CHECK(ran.row("deleted").empty());
  CHECK_FALSE(ran.says("warning"));
  check_status({{"server/role", "primary"},
                {"server/append_only", true},
                {"server/aof_load_truncated", false},
                {"active", nullptr},
                {"standby", Json::array()},
                {"orders", {{"stream", "orders"}, {"length", 0}, {"newest", nullptr}}},
                {"position", nullptr},
                {"settled", 0},
                {"waiting", {{"count", 0}, {"oldest", nullptr}, {"oldest_ms", nullptr}}},
                {"group", {{"name", "orderd"}, {"exists", false}, {"lag", nullptr}}},
                {"warnings", Json::array()}});
}

TEST_CASE_FIXTURE(QuietDesk, "the status shows the position and what waits") {
  const auto ids = fill(6, 2);
  hset({"deleted", "3"});
  xadd(admin(), "orders:dead", {{"order", "1"}});
  const Ran ran = run({"status"});
  check_rows(ran, {"orders 6 entries in 'orders', the newest is " + ids[5], "settled 2",
                   "deleted 3 entries before they were settled", "results 2 entries in 'results'",
                   "dead letters 1 entry in 'orders:dead'", "position " + ids[1] + ", its result is *",
                   "waiting 4, the oldest is " + ids[2] + ", for *",
                   "warning: requests are waiting and no orderd is active*"});
  const Json json = status();
  check_values(json, {{"position", ids[1]},
                      {"last_result", entries(admin(), "results").back().id},
                      {"settled", 2},
                      {"deleted_before_settled", 3},
                      {"waiting/count", 4},
                      {"waiting/oldest", ids[2]}});
  CHECK(json["waiting"]["oldest_ms"] >= 0);
  CHECK(json["warnings"].size() == 1);
}

TEST_CASE_FIXTURE(QuietDesk,
                  "waiting requests are counted even if settled entries are gone or the position has no base") {
  const auto ids = fill(10, 4);
  ask(admin(), {"XTRIM", "orders", "MINID", ids[2]});
  check_status({{"waiting/count", 6}});
  ask(admin(), {"HDEL", "orders:position", "base"});
  check_status({{"waiting/count", nullptr}, {"waiting/oldest", ids[4]}});
  check_rows(run({"status"}), {"waiting not known, the oldest is " + ids[4] + "*"});
  ask(admin(), {"XTRIM", "orders", "MINID", ids[4]});
  check_status({{"waiting/count", 6}});
  // All settled, whatever the counts say.
  hset({"id", ids[9], "base", "-5"});
  check_status({{"waiting/count", 0}, {"waiting/oldest", nullptr}});
}

TEST_CASE_FIXTURE(QuietDesk, "the status shows the active daemon and the standbys") {
  (void)fill(2, 1);
  const uint64_t now = now_ms();
  ask(admin(),
      {"SET", "orders:owner", "shop \x1b[1m one 0123abcd " + std::to_string(now - 90'000) + " 3000", "PX", "2500"});
  ask(admin(), {"ZADD", "orders:standby", std::to_string(now - 100), "shop two", std::to_string(now - 60'000),
                "gone since long"});
  const Ran ran = run({"status"});
  check_rows(ran, {"active 'shop \\x1b[1m one' since *, for 90*; its lease ends in *", "standby 'shop two', seen *"});
  CHECK_FALSE(ran.says("gone since long"));
  CHECK_FALSE(ran.says("warning"));
  const Json json = status();
  REQUIRE(json["standby"].size() == 1);
  check_values(
      json, {{"active/name", "shop \x1b[1m one"}, {"active/since_ms", now - 90'000}, {"standby/0/name", "shop two"}});
  CHECK(json["active"]["active_ms"] >= 90'000);
  CHECK(json["active"]["lease_left_ms"] <= 2500);
  CHECK(json["standby"][0]["seen_ms"] >= 100);
  // With a longer lease it may still be running.
  CHECK(status({"--processing.lease", "1m"})["standby"].size() == 2);
  // Written by hand.
  set(admin(), "orders:owner", "a thief");
  check_status(
      {{"active", {{"name", "a thief"}, {"since_ms", nullptr}, {"active_ms", nullptr}, {"lease_left_ms", nullptr}}}});
  CHECK(run({"status"}).row("active") == "active 'a thief'");
}

TEST_CASE_FIXTURE(QuietDesk, "the group shows its lag unless it is unknown or the group is disabled") {
  const auto ids = fill(3, 1);
  ask(admin(), {"XGROUP", "CREATE", "orders", "orderd", ids[0], "ENTRIESREAD", "1"});
  CHECK(run({"status"}).row("group") == "group 'orderd' shows a lag of 2");
  check_status({{"group/lag", 2}});
  ask(admin(), {"XDEL", "orders", ids[1]});
  ask(admin(), {"XGROUP", "SETID", "orders", "orderd", ids[0]});
  CHECK(run({"status"}).row("group") == "group 'orderd', lag not known");
  check_status({{"group/lag", nullptr}});
  CHECK(status({"--streams.group", "other"})["group"]["exists"] == false);
  CHECK(status({"--streams.group", ""})["group"].is_null());
  CHECK(run({"status", "--streams.group", ""}).row("group").empty());
}

TEST_CASE("server settings that lose data cause warnings") {
  StatusDesk desk({.config = {"maxmemory 100mb", "maxmemory-policy allkeys-lru"}});
  const Ran ran = succeeded(desk.run({"status"}),
                            {"warning: maxmemory-policy is 'allkeys-lru'", "warning: the append-only file is off"});
  CHECK(ran.row("memory").ends_with("of 100.0 MiB, maxmemory-policy allkeys-lru"));
  CHECK(desk.status()["warnings"].size() == 2);
  ask(desk.admin(), {"REPLICAOF", "127.0.0.1", "1"});
  CHECK(desk.run({"status"}).says("warning: the server is a replica"));
}

TEST_CASE_FIXTURE(QuietDesk, "a server that accepts a torn append-only file causes a warning") {
  ask(admin(), {"CONFIG", "SET", "aof-load-truncated", "yes"});
  succeeded(run({"status"}), {"warning: aof-load-truncated is yes"});
  CHECK(status()["warnings"].size() == 1);
  check_status({{"server/aof_load_truncated", true}});
}

TEST_CASE_FIXTURE(QuietDesk, "a key of another type is a warning and the rest is shown") {
  (void)fill(2, 1);
  for (const std::string key : {"orders:dead", "orders:owner", "orders:standby", "orders:position", "orders"}) {
    ask_number(admin(), {"DEL", key});
    ask_number(admin(), {key == "orders:owner" ? "LPUSH" : "SADD", key, "x"});
    check_rows(succeeded(run({"status"}), {"warning: the key '" + key + "' holds another type"}),
               {"results 1 entry in 'results'"});
  }
  CHECK(run({"status"}).row("waiting") == "waiting not known");
  CHECK(run({"status"}).row("group") == "group 'orderd', not known");
  CHECK(status()["warnings"].size() == 5);
}

TEST_CASE_FIXTURE(StatusDesk, "a health check fails when no daemon is active or a request waits too long") {
  const auto checked = [&] { return run({"status", "--check", "--max-age", "1h"}); };
  Ran ran = failed(run({"status", "--check"}), {});
  CHECK(ran.errors == "orderctl: no orderd is active\n");
  set(admin(), "orders:owner", "shop 01 1 3000");
  ran = succeeded(run({"status", "--check"}));
  CHECK((ran.output + ran.errors).empty());
  hset({"paused", "1 a test"});
  succeeded(run({"status", "--check"}));
  ask(admin(), {"XADD", "orders", "1-0", "id", "o-1"});
  failed(checked(), {"the oldest waiting request, 1-0, has waited for", "the lane is paused"});
  const Json json = run({"status", "--check", "--json"}).json().at(0);
  CHECK(json["good"] == false);
  CHECK(json["obstacles"].size() == 1);
  ask(admin(), {"DEL", "orders", "orders:position"});
  xadd(admin(), "orders", {{"id", "o-1"}});
  succeeded(checked());
  CHECK(run({"status", "--max-age", "1h"}).status == 2);
  ask(admin(), {"ACL", "SETUSER", "default", "-get", "-xinfo"});
  failed(checked(), {"which daemon is active is not known", "what waits is not known"});
}

TEST_CASE_FIXTURE(QuietDesk, "values that the user has no right to read are unknown and the rest is shown") {
  const auto ids = fill(3, 1);
  set(admin(), "orders:owner", "shop 01 1 3000");
  const Ran whole = run({"status"});
  for (const std::string right :
       {"config", "info", "client", "hello", "time", "get", "pttl", "zrange", "hgetall", "xinfo", "xrange", "xlen"}) {
    CAPTURE(right);
    ask(admin(), {"ACL", "SETUSER", "default", "-" + right});
    const Ran ran = succeeded(run({"status"}));
    CHECK(lines_of(ran.output).size() >= 11);
    const bool asked = right != "client" && right != "hello";
    CHECK(ran.says("the server denies") == asked);
    CHECK(ran.says("NOPERM") == asked);
    CHECK((status()["position"] == ids[0]) == (right != "hgetall"));
    CHECK(status()["group"]["exists"].is_null() == (right == "xinfo"));
    ask(admin(), {"ACL", "SETUSER", "default", "+@all"});
  }
  CHECK(run({"status"}).row("position") == whole.row("position"));
}

TEST_CASE("values of commands that the server lacks are unknown") {
  const StatusDesk desk({.config = {"rename-command CONFIG \"\"", "rename-command INFO \"\"",
                                    "rename-command CLIENT \"\"", "rename-command HELLO \"\""}});
  check_rows(succeeded(desk.run({"status"}), {"the server denies CONFIG GET, INFO"}),
             {"server " + desk.url() + ", version not known", "memory not known", "active none"});
  Json server = {{"address", desk.url()}};
  for (const char* unknown :
       {"version", "role", "append_only", "aof_load_truncated", "maxmemory_policy", "memory_used", "memory_max"}) {
    server[unknown] = nullptr;
  }
  desk.check_status({{"server", server}});
  for (const Words& words : {Words{"stock", "set", "shoe", "3"}, {"submit", "--sku", "shoe"}, {"results"}}) {
    succeeded(desk.run(words));
  }
}

TEST_CASE_FIXTURE(QuietDesk, "the status counts the whole stream only once") {
  (void)fill(3, 1);
  ask(admin(), {"CONFIG", "RESETSTAT"});
  succeeded(run({"status"}));
  CHECK(contains(ask(admin(), {"INFO", "commandstats"}), "cmdstat_xinfo|stream:calls=1,"));
}

}  // namespace
}  // namespace orderd::test
