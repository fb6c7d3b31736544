#include "integration/guarded.h"
#include "integration/orderctl_desk.h"

namespace orderd::test {
namespace {

const std::vector<Words> kEach = {{"stock", "set", "shoe", "1"},
                                  {"stock", "get", "shoe"},
                                  {"stock", "list"},
                                  {"submit", "--sku", "shoe"},
                                  {"submit", "-"},
                                  {"submit", "--sku", "a", "--wait"},
                                  {"results"},
                                  {"results", "--follow"},
                                  {"status"}};

// Expects status 1, empty standard output, and these parts in the error. Returns standard error.
std::string check_error(const Ran& ran, const Words& parts) {
  failed(ran, parts);
  CHECK(ran.output.empty());
  CHECK(ran.errors.starts_with("orderctl: "));
  return ran.errors;
}

TEST_CASE("an unreachable server is named with what to try") {
  const std::string url = "valkey://127.0.0.1:" + std::to_string(free_port());
  for (const Words& words : kEach) {
    check_error(orderctl_at(url, words), {"cannot connect to " + url, "check that the server runs"});
  }
  check_error(orderctl_at("unix:///nowhere/socket", {"status"}), {"unix:///nowhere/socket"});
}

TEST_CASE_FIXTURE(Desk, "a server that does not reply is named in time") {
  server().pause();
  for (const Words& words : kEach) {
    check_error(run(joined(words, {"--valkey.reply_timeout", "100ms"})), {"did not answer within 1"});
  }
  server().resume();
}

TEST_CASE("a missing or wrong login is reported with the way out and without the password") {
  Desk desk({.config = {"user operator on >secret ~* &* +@all"}});
  ask(desk.admin(), {"CONFIG", "SET", "requirepass", "other"});
  const TemporaryDirectory directory;
  const std::string file = directory.file("password");
  write_secret(file, "hunter2");
  for (const Words& words : kEach) check_error(desk.run(words), {"NOAUTH", "valkey.password_file"});
  const Words login = {"status", "--valkey.username", "operator", "--valkey.password_file", file};
  CHECK_FALSE(contains(check_error(desk.run(login), {"WRONGPASS", "valkey.password_file"}), "hunter2"));
  write_secret(file, "secret");
  succeeded(desk.run(login));
}

TEST_CASE_FIXTURE(Desk, "a missing right is reported with the way out") {
  ask(admin(), {"ACL", "SETUSER", "default", "-@all", "+client", "+acl"});
  for (const Words& words : kEach) failed(run(words, {.input = "{}\n"}), {"NOPERM"});
  check_error(run({"results"}), {"ACL SETUSER"});
  for (const char* missing : {"-script", "-time"}) {
    ask(admin(), {"ACL", "SETUSER", "default", "+@all", missing});
    CHECK_FALSE(contains(check_error(run({"pause"}), {"denies this to the user", "ACL SETUSER"}), "it is unknown"));
  }
}

TEST_CASE_FIXTURE(Desk, "the rights of orderd are enough to change stock") {
  ask(admin(), {"ACL", "SETUSER", "default", "-@all", "+client|setname", "+client|setinfo", "+evalsha", "+script|load",
                "+xadd", "+get", "+set", "+xdel"});
  CHECK(run({"stock", "set", "shoe", "3"}).output == "shoe: 3 (new)\n");
}

TEST_CASE_FIXTURE(Desk, "a server out of memory or a replica accepts no orders and the error says so") {
  ask(admin(), {"CONFIG", "SET", "maxmemory", "1"});
  for (const Words& words : {Words{"stock", "set", "shoe", "1"}, {"submit", "--sku", "shoe"}, {"submit", "-"}}) {
    failed(run(words, {.input = "{}\n"}), {"is out of memory", "raise its maxmemory"});
  }
  for (const char* words : {"pause", "resume"}) succeeded(run({words}));
  ask(admin(), {"CONFIG", "SET", "maxmemory", "0"});
  ask(admin(), {"REPLICAOF", "127.0.0.1", "1"});
  for (const Words& words : {Words{"stock", "set", "shoe", "1"}, {"submit", "--sku", "shoe"}}) {
    check_error(run(words), {"is a replica"});
  }
}

TEST_CASE_FIXTURE(Desk, "a server that stops while a file is pushed is reported with what is known") {
  Process process = start_script("yes '{}' | $ORDERCTL submit - --timeout 100ms");
  while (length(admin(), "orders") < 5'000) REQUIRE(process.running());
  server().kill();
  CHECK(process.wait() == 1);
  CHECK(says(process, "orders were pushed; from line "));
  CHECK(says(process, "It is safe to submit the file again"));
  CHECK(contains(process.output(), "pushed "));
}

TEST_CASE_FIXTURE(Desk, "closed standard descriptors do not corrupt the connection") {
  for (int i = 0; i < 100; ++i) set(admin(), "product:flushall-" + std::to_string(i) + ":stock", "5");
  const std::string capture = ORDER_REPLAY_PATH " --valkey.url " + url() + " capture ";
  for (const std::string closed : {"<&-", ">&-", "2>&-", "<&- >&- 2>&-"}) {
    for (const std::string& command :
         Words{"$ORDERCTL stock list ", "$ORDERCTL stock set shoe 1 ", "$ORDERCTL submit --sku shoe --quantity 1 ",
               "$ORDERCTL status ", capture}) {
      CAPTURE(command + closed);
      succeeded(outcome_of(start_script("exec " + command + closed)));
    }
  }
  CHECK(contains(ask(admin(), {"INFO", "stats"}), "total_error_replies:0\r"));
  CHECK(length(admin(), "orders") == 4);
}

}  // namespace
}  // namespace orderd::test
