// orderctl doctor: each problem is found, named, and gone after the proposed fix.
#include <iterator>
#include <map>
#include <sstream>

#include "integration/guarded.h"
#include "integration/orderctl_desk.h"

namespace orderd::test {
namespace {

const ServerOptions kHealthy = {.append_only = ServerOptions::AppendOnly::kAlways,
                                .tcp = true,
                                .config = {"aof-load-truncated no", "maxmemory 1gb", "repl-diskless-sync-delay 0"}};

struct Examined {
  explicit Examined(const Ran& ran) : status(ran.status) {
    const auto lines = ran.json();
    REQUIRE(lines.size() == 1);
    problems = lines[0]["problems"];
    for (const Json& finding : lines[0]["findings"]) {
      findings[finding["check"]] = finding;
      if (finding["state"] != "problem") continue;
      CHECK(!finding["why"].get<std::string>().empty());
      CHECK(!finding["fix"].get<std::string>().empty());
    }
  }
  [[nodiscard]] std::string text(const std::string& check, const char* part) const {
    return findings.at(check).value(part, "");
  }
  [[nodiscard]] std::string state(const std::string& check) const { return text(check, "state"); }

  int status = -1;
  std::size_t problems = 0;
  std::map<std::string, Json> findings;  // the last finding of each check
};

struct DoctorDesk : Desk {
  explicit DoctorDesk(const ServerOptions& options = kHealthy) : Desk(options) {}
  [[nodiscard]] Examined examine(const Words& more = {}) const {
    const Ran ran = run(joined({"doctor", "--json"}, more));
    CHECK_MESSAGE(ran.errors.empty(), ran.errors);
    const Examined out(ran);
    CHECK(out.status == (out.problems == 0 ? 0 : 1));
    return out;
  }
  void configure(const std::string& name, const std::string& value) {
    CHECK(ask(admin(), {"CONFIG", "SET", name, value}) == "OK");
  }
  // Runs "CONFIG SET name value …", with which the proposed fix of this check begins.
  void fix(const Examined& found, const std::string& check) {
    const std::string text = found.text(check, "fix");
    const std::string begin = "CONFIG SET ";
    REQUIRE_MESSAGE(text.starts_with(begin), text);
    std::istringstream stream(text.substr(0, text.find_first_of(",(", begin.size())));
    CHECK(ask(admin(), Words(std::istream_iterator<std::string>(stream), {})) == "OK");
  }
};

TEST_CASE_FIXTURE(DoctorDesk, "a server with the recommended settings has no problem") {
  const Examined found = examine();
  CHECK(found.status == 0);
  for (const auto& [check, finding] : found.findings) {
    CAPTURE(finding.dump());
    CHECK(finding["state"] == (check == "growth" ? "unknown" : "good"));
  }
  CHECK(found.findings.size() == 16);
  const Ran text = succeeded(run({"doctor"}), {"no problem was found at " + url()});
  CHECK(text.row("good").starts_with("good version Valkey "));
}

TEST_CASE_FIXTURE(DoctorDesk, "each server setting that loses or stops orders is found and the proposed fix works") {
  struct Mistake {
    std::string check, name, value, what;
  };
  for (const Mistake& mistake : std::vector<Mistake>{
           {"persistence", "appendonly", "no", "the append-only file is off"},
           {"persistence", "appendfsync", "no", "appendfsync is no"},
           {"truncated", "aof-load-truncated", "yes", "aof-load-truncated is yes"},
           {"eviction", "maxmemory-policy", "allkeys-lru", "maxmemory-policy is allkeys-lru"},
           {"scripts", "busy-reply-threshold", "20", "busy-reply-threshold is 20 ms"},
           {"replicas", "min-replicas-to-write", "1",
            "0 replicas, 0 within min-replicas-max-lag, min-replicas-to-write 1"},
       }) {
    CAPTURE(mistake.what);
    configure(mistake.name, mistake.value);
    const Examined found = examine();
    CHECK(found.problems == 1);
    CHECK(found.state(mistake.check) == "problem");
    CHECK(found.text(mistake.check, "what") == mistake.what);
    fix(found, mistake.check);
    CHECK(examine().status == 0);
  }
}

TEST_CASE("a snapshot that failed and makes the server refuse writes is found") {
  ServerOptions options = kHealthy;
  options.config.emplace_back("dbfilename appendonlydir");  // a directory: it cannot be replaced
  DoctorDesk desk(options);
  ask(desk.admin(), {"BGSAVE"});
  const auto failed = [&] { return contains(ask(desk.admin(), {"INFO", "persistence"}), "last_bgsave_status:err"); };
  wait_for(failed, std::chrono::seconds(30), "the snapshot");
  CHECK(desk.examine().status == 0);
  desk.configure("save", "3600 1");
  CHECK(desk.examine().text("persistence", "what") == "the last snapshot failed");
}

TEST_CASE_FIXTURE(DoctorDesk, "too little memory and an unset maxmemory are found") {
  configure("maxmemory", "1mb");
  CHECK(examine().state("memory") == "problem");
  configure("maxmemory", "0");
  CHECK(contains(examine().text("memory", "what"), "maxmemory is not set"));
  CHECK(examine({"--skip", "memory"}).status == 0);
}

TEST_CASE_FIXTURE(DoctorDesk, "the expected size of the streams is compared with the memory") {
  // 200 entries over two minutes of the server's clock.
  const std::string script =
      "local t = server.call('TIME')[1] for i = 1, 200 do server.call('XADD', KEYS[1], "
      "string.format('%.0f-%d', (t - 120) * 1000 + i * 500, i), 'id', 'order-number-' .. i, 'sku', 'shoe') end";
  for (const char* stream : {"orders", "results"}) ask(admin(), {"EVAL", script, "1", stream});
  const Examined found = examine();
  CHECK(found.state("growth") == "good");
  CHECK(found.text("growth", "what").starts_with("2 requests/s take "));
  const Examined small = examine({"--retention.results", "8760h"});
  CHECK(small.state("growth") == "problem");
  CHECK(contains(small.text("growth", "fix"), "retention.results (365 days)"));
  CHECK(examine({"--retention.results", "0s"}).state("growth") == "problem");
}

TEST_CASE_FIXTURE(DoctorDesk, "a replica and a primary without a limit on replica lag are found") {
  DoctorDesk other;
  const auto port = std::to_string(server().tcp_endpoint().port);
  CHECK(ask(other.admin(), {"REPLICAOF", "127.0.0.1", port}) == "OK");
  const auto online = [&] { return contains(ask(admin(), {"INFO", "replication"}), "state=online"); };
  wait_for(online, std::chrono::seconds(30), "the replica");
  const Examined replica = other.examine({"--skip", "rights"});
  CHECK(replica.text("role", "what") == "this server is a replica of 127.0.0.1:" + port);
  const Examined primary = examine();
  CHECK(primary.problems == 1);
  CHECK(primary.text("replicas", "what").starts_with("1 replica, min-replicas-to-write 0"));
  fix(primary, "replicas");
  CHECK(examine().state("replicas") == "good");
}

TEST_CASE_FIXTURE(DoctorDesk, "a server without authentication is found") {
  const std::string address = "127.0.0.1:" + std::to_string(server().tcp_endpoint().port);
  const auto login = [&] { return Examined(orderctl_at("valkey://" + address, {"doctor", "--json"})).state("login"); };
  configure("protected-mode", "yes");
  CHECK(login() == "good");
  configure("protected-mode", "no");
  CHECK(login() == "problem");
  CHECK(ask(admin(), {"ACL", "SETUSER", "other", "on", ">secret", "~*", "+@all"}) == "OK");
  CHECK(ask(admin(), {"ACL", "SETUSER", "default", ">secret", "resetpass", ">secret"}) == "OK");
  const Ran ran = orderctl({"doctor"}, {.environment = {"ORDERD_VALKEY_URL=valkey://:secret@" + address}});
  CHECK_MESSAGE(ran.says("a password is required"), ran.output, ran.errors);
  CHECK_FALSE(ran.says("secret"));
}

TEST_CASE_FIXTURE(DoctorDesk, "IDs from the future, keys of another type and unused groups are found") {
  ask(admin(), {"XADD", "orders", "99999999999999-0", "id", "x"});
  ask(admin(), {"SET", "orders:position", "mine"});
  ask(admin(), {"XADD", "results", "5-0", "order", "x"});
  ask(admin(), {"XGROUP", "CREATE", "results", "mail", "0"});
  const Examined found = examine();
  CHECK(found.text("ids", "what").starts_with("the newest entry of 'orders' is from the future: 99999999999999-0"));
  CHECK(found.text("keys", "what").starts_with("the key 'orders:position' holds another type"));
  CHECK(contains(found.text("groups", "fix"), "XGROUP DESTROY results mail"));
  CHECK(found.problems == 3);
}

TEST_CASE_FIXTURE(DoctorDesk, "a key of another type is one problem whatever was asked of it") {
  for (const char* key : {"orders", "results", "orders:dead", "orders:position"}) ask(admin(), {"SET", key, "x"});
  CHECK(examine().problems == 4);
}

TEST_CASE_FIXTURE(DoctorDesk, "what the server denies is unknown and not good") {
  struct Denied {
    std::string command, check;
  };
  for (const auto& [command, check] :
       std::vector<Denied>{{"xinfo", "groups"}, {"xlen", "keys"}, {"hgetall", "keys"}, {"xrevrange", "ids"}}) {
    CAPTURE(command);
    ask(admin(), {"ACL", "SETUSER", "default", "-" + command});
    CHECK(examine({"--skip", "rights"}).state(check) == "unknown");
    ask(admin(), {"ACL", "SETUSER", "default", "+@all"});
    CHECK(examine().state(check) == "good");
  }
}

TEST_CASE("missing rights are found with the rule that grants each") {
  Guarded shop;
  const auto run = [&](const std::string& user) {
    return orderctl_at("unix://" + shop.server.endpoint().path, {"--valkey.username", user, "--valkey.password_file",
                                                                 shop.files.file("password"), "doctor", "--json"});
  };
  const Ran whole = run("orderd");
  CHECK(whole.says("may do what orderd needs"));
  CHECK(Examined(whole).text("truncated", "why") == "the server denies CONFIG GET");
  const Ran person = run("operator");
  CHECK(person.status == 1);
  CHECK(person.says("ACL SETUSER operator '(~orders:owner +set +del +pexpire)'"));
}

TEST_CASE("an unknown check is refused and an unreachable server is not a finding") {
  failed(orderctl({"doctor", "--skip", "memry"}), {"there is no check 'memry'; there are: version, role"}, 2);
  failed(orderctl_at("unix:///nowhere/socket", {"doctor"}), {"/nowhere/socket"});
}

}  // namespace
}  // namespace orderd::test
