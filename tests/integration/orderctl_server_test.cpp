#include <sys/stat.h>

#include <fstream>

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

// Expects status 1 and empty standard output. Returns standard error.
std::string failed(const Ran& ran) {
  CHECK_MESSAGE(ran.status == 1, ran.errors);
  CHECK(ran.output.empty());
  CHECK(ran.errors.starts_with("orderctl: "));
  return ran.errors;
}

TEST_CASE("an unreachable server is named with what to try") {
  const std::string url = "valkey://127.0.0.1:" + std::to_string(free_port());
  for (Words words : kEach) {
    words.insert(words.end(), {"--valkey.url", url});
    const std::string errors = failed(orderctl(words));
    CHECK_MESSAGE(contains(errors, "cannot connect to " + url), errors);
    CHECK(contains(errors, "check that the server runs"));
  }
  CHECK(contains(failed(orderctl({"status", "--valkey.url", "unix:///nowhere/socket"})), "unix:///nowhere/socket"));
}

TEST_CASE_FIXTURE(Desk, "a server that does not reply is named in time") {
  server().pause();
  for (Words words : kEach) {
    words.insert(words.end(), {"--valkey.reply_timeout", "100ms"});
    const std::string errors = failed(run(words));
    CHECK_MESSAGE(contains(errors, "did not answer within 1"), errors);
  }
  server().resume();
}

TEST_CASE("a missing or wrong login is reported with the way out and without the password") {
  Desk desk({.config = {"user operator on >secret ~* &* +@all"}});
  (void)ask(desk.admin(), {"CONFIG", "SET", "requirepass", "other"});
  const TemporaryDirectory directory;
  const std::string file = directory.file("password");
  std::ofstream(file) << "hunter2\n";
  REQUIRE(chmod(file.c_str(), 0600) == 0);
  for (const Words& words : kEach) {
    const std::string errors = failed(desk.run(words));
    CHECK_MESSAGE(contains(errors, "NOAUTH"), errors);
    CHECK_MESSAGE(contains(errors, "valkey.password_file"), errors);
  }
  const std::string errors =
      failed(desk.run({"status", "--valkey.username", "operator", "--valkey.password_file", file}));
  CHECK(contains(errors, "WRONGPASS"));
  CHECK(contains(errors, "valkey.password_file"));
  CHECK_FALSE(contains(errors, "hunter2"));
  std::ofstream(file) << "secret\n";
  CHECK(desk.run({"status", "--valkey.username", "operator", "--valkey.password_file", file}).status == 0);
}

TEST_CASE_FIXTURE(Desk, "a missing right is reported with the way out") {
  (void)ask(admin(), {"ACL", "SETUSER", "default", "-@all", "+client", "+acl"});
  for (const Words& words : kEach) {
    const Ran ran = run(words, {.input = "{}\n"});
    CHECK(ran.status == 1);
    CHECK_MESSAGE(ran.complains("NOPERM"), ran.errors);
  }
  CHECK(contains(failed(run({"results"})), "ACL SETUSER"));
}

TEST_CASE_FIXTURE(Desk, "the rights of orderd are enough to change stock") {
  (void)ask(admin(), {"ACL", "SETUSER", "default", "-@all", "+client|setname", "+client|setinfo", "+evalsha",
                      "+script|load", "+xadd", "+get", "+set", "+xdel"});
  CHECK(run({"stock", "set", "shoe", "3"}).output == "shoe: 3 (new)\n");
}

TEST_CASE_FIXTURE(Desk, "a server out of memory accepts no orders and the error says so") {
  (void)ask(admin(), {"CONFIG", "SET", "maxmemory", "1"});
  for (const Words& words :
       {Words{"stock", "set", "shoe", "1"}, Words{"submit", "--sku", "shoe"}, Words{"submit", "-"}}) {
    const Ran ran = run(words, {.input = "{}\n"});
    CHECK(ran.status == 1);
    CHECK_MESSAGE(ran.complains("is out of memory"), ran.errors);
    CHECK(ran.complains("raise its maxmemory"));
  }
}

TEST_CASE_FIXTURE(Desk, "a replica accepts no writes and the error says so") {
  (void)ask(admin(), {"REPLICAOF", "127.0.0.1", "1"});
  for (const Words& words : {Words{"stock", "set", "shoe", "1"}, Words{"submit", "--sku", "shoe"}}) {
    CHECK(contains(failed(run(words)), "is a replica"));
  }
}

TEST_CASE_FIXTURE(Desk, "a server that stops while a file is pushed is reported with what is known") {
  const std::string command = "yes '{}' | " ORDERCTL_PATH " --valkey.url " + url() + " submit - --timeout 100ms";
  Process process(clean_command("bash", {"-c", command}));
  while (length(admin(), "orders") < 5'000) REQUIRE(process.running());
  server().kill();
  CHECK(process.wait() == 1);
  CHECK(says(process, "orders were pushed; from line "));
  CHECK(says(process, "It is safe to submit the file again"));
  CHECK(contains(process.output(), "pushed "));
}

TEST_CASE_FIXTURE(Desk, "closed standard descriptors do not corrupt the connection") {
  for (int i = 0; i < 100; ++i) set(admin(), "product:flushall-" + std::to_string(i) + ":stock", "5");
  for (const std::string closed : {"<&-", ">&-", "2>&-", "<&- >&- 2>&-"}) {
    CAPTURE(closed);
    for (const std::string words : {"stock list", "stock set shoe 1", "submit --sku shoe --quantity 1", "status"}) {
      Process process(
          clean_command("bash", {"-c", "exec " ORDERCTL_PATH " --valkey.url " + url() + " " + words + " " + closed}));
      CHECK_MESSAGE(process.wait() == 0, process.errors());
    }
    Process replay(
        clean_command("bash", {"-c", "exec " ORDER_REPLAY_PATH " --valkey.url " + url() + " capture " + closed}));
    CHECK_MESSAGE(replay.wait() == 0, replay.errors());
  }
  CHECK(contains(ask(admin(), {"INFO", "stats"}), "total_error_replies:0\r"));
  CHECK(length(admin(), "orders") == 4);
}

}  // namespace
}  // namespace orderd::test
