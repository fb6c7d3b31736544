// orderctl doctor: each problem is found, named, and gone after the proposed fix.
#include <algorithm>
#include <map>
#include <sstream>

#include "integration/guarded.h"
#include "integration/orderctl_desk.h"
#include "support/wait_for.h"

namespace orderd::test {
namespace {

const ServerOptions kHealthy = {.append_only = ServerOptions::AppendOnly::kAlways,
                                .tcp = true,
                                .config = {"aof-load-truncated no", "maxmemory 1gb"}};

struct Examined {
  int status = -1;
  std::map<std::string, Json> findings;  // the last finding of each check
  std::size_t problems = 0;
  [[nodiscard]] std::string state(const std::string& check) const { return findings.at(check)["state"]; }
  [[nodiscard]] std::string text(const std::string& check, const char* part) const {
    return findings.at(check).value(part, "");
  }
};

Examined examine(const Desk& desk, const Words& more = {}) {
  Words words = {"doctor", "--json"};
  words.insert(words.end(), more.begin(), more.end());
  const Ran ran = desk.run(words);
  CHECK_MESSAGE(ran.errors.empty(), ran.errors);
  const auto lines = ran.json();
  REQUIRE(lines.size() == 1);
  Examined out;
  out.status = ran.status;
  out.problems = lines[0]["problems"];
  for (const Json& finding : lines[0]["findings"]) {
    out.findings[finding["check"]] = finding;
    if (finding["state"] != "problem") continue;
    CHECK(!finding["why"].get<std::string>().empty());
    CHECK(!finding["fix"].get<std::string>().empty());
  }
  CHECK(out.status == (out.problems == 0 ? 0 : 1));
  return out;
}

// The words after "CONFIG SET name value, then …".
Words config_of(const std::string& fix) {
  const std::string begin = "CONFIG SET ";
  REQUIRE_MESSAGE(fix.starts_with(begin), fix);
  std::istringstream text(fix.substr(begin.size(), fix.find_first_of(",(", begin.size()) - begin.size()));
  Words words = {"CONFIG", "SET"};
  for (std::string word; text >> word;) words.push_back(word);
  return words;
}

TEST_CASE("a server with the recommended settings has no problem") {
  Desk desk(kHealthy);
  const Examined found = examine(desk);
  CHECK(found.status == 0);
  for (const auto& [check, finding] : found.findings) {
    CAPTURE(finding.dump());
    CHECK(finding["state"] == (check == "growth" ? "unknown" : "good"));
  }
  CHECK(found.findings.size() == 16);
  const Ran text = desk.run({"doctor"});
  CHECK(text.status == 0);
  CHECK(text.row("good").starts_with("good version Valkey "));
  CHECK(text.says("no problem was found at " + desk.url()));
}

TEST_CASE("each server setting that loses or stops orders is found and the proposed fix works") {
  Desk desk(kHealthy);
  struct Mistake {
    std::string check;
    Words set;
    std::string what;
  };
  for (const Mistake& mistake : std::vector<Mistake>{
           {"persistence", {"appendonly", "no"}, "the append-only file is off"},
           {"persistence", {"appendfsync", "no"}, "appendfsync is no"},
           {"truncated", {"aof-load-truncated", "yes"}, "aof-load-truncated is yes"},
           {"eviction", {"maxmemory-policy", "allkeys-lru"}, "maxmemory-policy is allkeys-lru"},
           {"scripts", {"busy-reply-threshold", "20"}, "busy-reply-threshold is 20 ms"},
       }) {
    CAPTURE(mistake.check);
    CHECK(ask(desk.admin(), {"CONFIG", "SET", mistake.set[0], mistake.set[1]}) == "OK");
    const Examined found = examine(desk);
    CHECK(found.problems == 1);
    CHECK(found.state(mistake.check) == "problem");
    CHECK(found.text(mistake.check, "what") == mistake.what);
    CHECK(ask(desk.admin(), config_of(found.text(mistake.check, "fix"))) == "OK");
    CHECK(examine(desk).status == 0);
  }
}

TEST_CASE("too little memory and an unset maxmemory are found") {
  Desk desk(kHealthy);
  CHECK(ask(desk.admin(), {"CONFIG", "SET", "maxmemory", "1mb"}) == "OK");
  CHECK(examine(desk).state("memory") == "problem");
  CHECK(ask(desk.admin(), {"CONFIG", "SET", "maxmemory", "0"}) == "OK");
  const Examined found = examine(desk);
  CHECK(found.text("memory", "what").find("maxmemory is not set") != std::string::npos);
  CHECK(examine(desk, {"--skip", "memory"}).status == 0);
}

// 200 entries over two minutes of the server's clock.
void fill(Desk& desk, const std::string& stream) {
  const std::string script =
      "local t = server.call('TIME')[1] for i = 1, 200 do server.call('XADD', KEYS[1], "
      "string.format('%.0f-%d', (t - 120) * 1000 + i * 500, i), 'id', 'order-number-' .. i, 'sku', 'shoe') end";
  ask(desk.admin(), {"EVAL", script, "1", stream});
}

TEST_CASE("the expected size of the streams is compared with the memory") {
  Desk desk(kHealthy);
  fill(desk, "orders");
  fill(desk, "results");
  const Examined found = examine(desk);
  CHECK(found.state("growth") == "good");
  CHECK(found.text("growth", "what").starts_with("2 requests/s take "));
  const Examined small = examine(desk, {"--retention.results", "8760h"});
  CHECK(small.state("growth") == "problem");
  CHECK(small.text("growth", "fix").find("retention.results (365 days)") != std::string::npos);
  CHECK(examine(desk, {"--retention.results", "0s"}).state("growth") == "problem");
}

TEST_CASE("a replica and a primary without a limit on replica lag are found") {
  Desk desk(kHealthy);
  Desk other(kHealthy);
  const auto port = std::to_string(desk.server().tcp_endpoint().port);
  CHECK(ask(other.admin(), {"REPLICAOF", "127.0.0.1", port}) == "OK");
  wait_for(
      [&] {
        return ask(desk.admin(), {"INFO", "replication"}).find("state=online") != std::string::npos;
      },
      std::chrono::seconds(30), "the replica");
  const Examined replica = examine(other, {"--skip", "rights"});
  CHECK(replica.text("role", "what") == "this server is a replica of 127.0.0.1:" + port);
  const Examined primary = examine(desk);
  CHECK(primary.problems == 1);
  CHECK(primary.text("replicas", "what").starts_with("1 replica, min-replicas-to-write 0"));
  CHECK(ask(desk.admin(), config_of(primary.text("replicas", "fix"))) == "OK");
  CHECK(examine(desk).state("replicas") == "good");
}

TEST_CASE("a server without authentication is found") {
  Desk desk(kHealthy);
  const std::string url = "valkey://127.0.0.1:" + std::to_string(desk.server().tcp_endpoint().port);
  const auto login = [&] {
    const Ran ran = orderctl({"--valkey.url", url, "doctor", "--json"});
    const auto lines = ran.json();
    for (const Json& finding : lines.at(0)["findings"]) {
      if (finding["check"] == "login") return finding;
    }
    return Json();
  };
  CHECK(ask(desk.admin(), {"CONFIG", "SET", "protected-mode", "yes"}) == "OK");
  CHECK(login()["state"] == "good");
  CHECK(ask(desk.admin(), {"CONFIG", "SET", "protected-mode", "no"}) == "OK");
  CHECK(login()["state"] == "problem");
  CHECK(ask(desk.admin(), {"ACL", "SETUSER", "other", "on", ">secret", "~*", "+@all"}) == "OK");
  CHECK(ask(desk.admin(), {"ACL", "SETUSER", "default", ">secret", "resetpass", ">secret"}) == "OK");
  const std::string with_password =
      "ORDERD_VALKEY_URL=valkey://:secret@127.0.0.1:" + std::to_string(desk.server().tcp_endpoint().port);
  const Ran ran = orderctl({"doctor"}, {.environment = {with_password}});
  CHECK_MESSAGE(ran.says("a password is required"), ran.output, ran.errors);
  CHECK_FALSE(ran.says("secret"));
}

TEST_CASE("IDs from the future, keys of another type and unused groups are found") {
  Desk desk(kHealthy);
  ask(desk.admin(), {"XADD", "orders", "99999999999999-0", "id", "x"});
  ask(desk.admin(), {"SET", "orders:position", "mine"});
  ask(desk.admin(), {"XADD", "results", "5-0", "order", "x"});
  ask(desk.admin(), {"XGROUP", "CREATE", "results", "mail", "0"});
  const Examined found = examine(desk);
  CHECK(found.text("ids", "what").find("the newest entry of 'orders' is from the future: 99999999999999-0") == 0);
  CHECK(found.text("keys", "what").find("the key 'orders:position' holds another type") == 0);
  CHECK(found.text("groups", "fix").find("XGROUP DESTROY results mail") != std::string::npos);
  CHECK(found.problems == 3);
}

TEST_CASE("missing rights are found with the rule that grants each") {
  Guarded shop;
  const auto run = [&](const std::string& user) {
    return orderctl({"--valkey.url", "unix://" + shop.server.endpoint().path, "--valkey.username", user,
                     "--valkey.password_file", shop.files.file("password"), "doctor", "--json"});
  };
  const Ran whole = run("orderd");
  CHECK(whole.output.find("may do what orderd needs") != std::string::npos);
  const auto lines = whole.json();
  for (const Json& finding : lines.at(0)["findings"]) {
    if (finding["check"] == "truncated") CHECK(finding["why"] == "the server denies CONFIG GET");
  }
  const Ran person = run("operator");
  CHECK(person.status == 1);
  CHECK(person.output.find("ACL SETUSER operator '(~orders:owner +set +del +pexpire)'") != std::string::npos);
}

TEST_CASE("an unknown check is refused and an unreachable server is not a finding") {
  const Ran wrong = orderctl({"doctor", "--skip", "memry"});
  CHECK(wrong.status == 2);
  CHECK(wrong.complains("there is no check 'memry'; there are: version, role"));
  const Ran none = orderctl({"--valkey.url", "unix:///nowhere/socket", "doctor"});
  CHECK(none.status == 1);
  CHECK(none.complains("/nowhere/socket"));
}

}  // namespace
}  // namespace orderd::test
