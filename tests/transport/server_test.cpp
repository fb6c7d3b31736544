// What a server reports about itself, and which servers are refused.
#include "valkey/server.h"

#include "transport/connector_fixture.h"

namespace orderd::test {
namespace {

const std::string kDenied = resp::error("NOPERM this user has no permissions to run this command");

// The reply to HELLO over RESP2.
std::string hello(const std::string& product, const std::string& version, const std::string& mode = "standalone",
                  const std::string& role = "master") {
  return resp::array({resp::bulk("server"), resp::bulk(product), resp::bulk("version"), resp::bulk(version),
                      resp::bulk("proto"), resp::integer(2), resp::bulk("id"), resp::integer(3), resp::bulk("mode"),
                      resp::bulk(mode), resp::bulk("role"), resp::bulk(role), resp::bulk("modules"), resp::array({})});
}
std::string info(const std::string& lines) {
  return resp::bulk("# Server\r\n" + lines + "os:Linux\r\nrun_id:" + std::string(40, 'a') + "\r\n");
}

TEST_CASE_FIXTURE(ConnectorFixture, "the facts of each supported server are read") {
  struct Row {
    std::string hello;
    std::string info;
    std::string text;
  };
  const Row rows[] = {
      {hello("valkey", "8.0.1"),
       info("redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.0.1\r\nserver_mode:standalone\r\n"),
       "Valkey 8.0.1"},
      {hello("redis", "7.2.4"),  // extended-redis-compatibility yes
       info("redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:9.1.0\r\nredis_mode:standalone\r\n"),
       "Valkey 9.1.0"},
      {hello("redis", "7.0.15"), info("redis_version:7.0.15\r\nredis_mode:standalone\r\n"), "Redis 7.0.15"},
      {hello("redis", "8.0.2"), info("redis_version:8.0.2\r\nredis_mode:standalone\r\n"), "Redis 8.0.2"},
      {hello("valkey", "7.2.5"), kDenied, "Valkey 7.2.5"},
      {kDenied, info("redis_version:7.2.4\r\nvalkey_version:8.1.1\r\n"), "Valkey 8.1.1"},
  };
  const Row row = each_of(rows);
  CAPTURE(row.text);
  fake.on("HELLO").reply(row.hello);
  fake.on("INFO").reply(row.info);
  connects();
  CHECK(ready.server.text() == row.text);
  CHECK(ready.server.role == "primary");
  CHECK(ready.server.run_id == (row.info == kDenied ? "" : std::string(40, 'a')));
}

TEST_CASE_FIXTURE(ConnectorFixture, "a server that reports nothing about itself, or nonsense, is accepted") {
  const std::string reply = each_of(
      {resp::error("NOPERM this user has no permissions to run the 'info' command"),
       resp::error("ERR unknown command 'INFO'"), resp::error("ERR unknown subcommand 'SETNAME'. Try CLIENT HELP."),
       resp::error("NOPROTO unsupported protocol version"), resp::simple("OK"), resp::nil(), resp::integer(7),
       resp::array({}), resp::bulks({"server"}),
       resp::array({resp::integer(1), resp::nil(), resp::bulk("version"), resp::array({})}), resp::bulk("run_id"),
       resp::bulk("redis_version:\r\nrun_id:\r\nvalkey_version\r\n:x")});
  CAPTURE(reply);
  for (const char* command : {"HELLO", "INFO", "ROLE", "CLIENT"}) fake.on(command).reply(reply);
  handshake.scripts = {"-- settle.lua: decides."};
  connects();
  CHECK(ready.server.text() == "a server of unknown version");
  CHECK(ready.server.run_id.empty());
  CHECK(ready.server.role.empty());
  CHECK(ready.script_ids.size() == 1);
}

TEST_CASE_FIXTURE(ConnectorFixture, "an unsupported server is refused with its name and what to do") {
  struct Row {
    std::string hello;
    std::string info;
    std::string role;
    std::string what;
  };
  const std::string primary = resp::array({resp::bulk("master"), resp::integer(0), resp::array({})});
  const std::string replica =
      resp::array({resp::bulk("slave"), resp::bulk("10.0.0.5"), resp::integer(6380), resp::bulk("connected")});
  const std::string sentinel = resp::array({resp::bulk("sentinel"), resp::bulks({"shop"})});
  const std::string hello_of_replica = hello("valkey", "8.0.1", "standalone", "replica");
  const Row rows[] = {
      {hello("redis", "6.2.14"), info("redis_version:6.2.14\r\nredis_mode:standalone\r\n"), primary,
       " is Redis 6.2.14, which is too old: orderd needs Valkey 7.2 or Redis 7.0 or later"},
      {resp::error("ERR unknown command `HELLO`"), info("redis_version:5.0.7\r\nredis_mode:standalone\r\n"), primary,
       " is Redis 5.0.7, which is too old"},
      {hello("redis", "6.2.14"), kDenied, primary, "is Redis 6.2.14"},
      {hello("valkey", "7.1.9"), kDenied, primary, "is Valkey 7.1.9, which is too old"},
      {resp::bulks({"server", "valkey", "version", "8.0.1", "mode", "sentinel"}),
       info("valkey_version:8.0.1\r\nserver_mode:sentinel\r\n"), sentinel, " is a sentinel, which holds no data"},
      {kDenied, kDenied, sentinel, "SENTINEL GET-MASTER-ADDR-BY-NAME"},
      {hello("valkey", "8.0.1", "cluster"), info("valkey_version:8.0.1\r\nserver_mode:cluster\r\n"), primary,
       " is a node of a cluster: set valkey.cluster = true"},
      {kDenied, info("redis_version:7.2.4\r\nredis_mode:cluster\r\n"), primary, "is a node of a cluster"},
      {hello_of_replica, info("valkey_version:8.0.1\r\n"), replica,
       " is a replica of 10.0.0.5:6380: use this primary's address"},
      {hello_of_replica, info("valkey_version:8.0.1\r\n"), kDenied, " is a replica: use the address of its primary"},
      {kDenied, kDenied, replica, " is a replica of 10.0.0.5:6380"},
      {kDenied, kDenied, resp::array({resp::bulk("slave"), resp::bulk("2001:db8::5"), resp::integer(6379)}),
       " is a replica of [2001:db8::5]:6379:"},
  };
  const Row row = each_of(rows);
  CAPTURE(row.what);
  handshake.scripts = {"-- settle.lua: decides."};
  endpoint.database = 3;  // a cluster and a sentinel would refuse it with their own error
  fake.on("HELLO").reply(row.hello);
  fake.on("INFO").reply(row.info);
  fake.on("ROLE").reply(row.role);
  fails();
  CHECK(error.kind == ErrorKind::kUnfit);
  CHECK(error.what.starts_with(endpoint.redacted()));
  CHECK(contains(error.what, row.what));
  CHECK(fake.count("SELECT") + fake.count("SCRIPT") == 0);
}

TEST_CASE_FIXTURE(ConnectorFixture, "a node of a cluster is asked neither for its role nor for a database") {
  endpoint.cluster = true;
  handshake.primary_moves = true;
  fake.on("HELLO").reply(hello("valkey", "8.0.1", "cluster", "replica"));
  fake.on("INFO").reply(info("valkey_version:8.0.1\r\nserver_mode:cluster\r\n"));
  connects();
  CHECK(fake.count("ROLE") + fake.count("SELECT") == 0);
}

TEST_CASE("a version is refused only if it is known to be too old") {
  const std::pair<ErrorKind, std::vector<std::string>> rows[] = {
      {ErrorKind::kNone, {"", "unstable", "255.255.255", "x.y", "8", "7.2", "007.2", "9999999999999.1"}},
      {ErrorKind::kUnfit, {"7", "7.1.9", "6.9", "0.1", "7.x"}}};
  for (const auto& [kind, versions] : rows) {
    for (const std::string& version : versions) {
      CAPTURE(version);
      valkey::ServerFacts facts;
      facts.product = "valkey";
      facts.version = version;
      CHECK(unfit(facts, "h:1", false).kind == kind);
    }
  }
}

}  // namespace
}  // namespace orderd::test
