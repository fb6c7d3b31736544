// A managed server: its provider withholds administrative commands. orderd and all its tools work without them.
#include "integration/replay_desk.h"

namespace orderd::test {
namespace {

// Commands that Aiven, AWS MemoryDB, Google Memorystore or Oracle withhold, according to their documentation; without
// EVALSHA and SCRIPT, which orderd needs.
ServerOptions rented() {
  ServerOptions options{.append_only = ServerOptions::AppendOnly::kEverySecond, .config = {"maxmemory 1gb"}};
  for (const char* name :
       {"ACL",      "BGREWRITEAOF", "BGSAVE",  "CLUSTER", "COMMAND", "CONFIG", "DEBUG",     "FAILOVER",
        "LASTSAVE", "LATENCY",      "MIGRATE", "MODULE",  "MONITOR", "PSYNC",  "REPLICAOF", "RESET",
        "SAVE",     "SHUTDOWN",     "SLAVEOF", "SLOWLOG", "SYNC",    "WAITAOF"}) {
    options.config.push_back(std::string("rename-command ") + name + " \"\"");
  }
  return options;
}

TEST_CASE("everything works with a server whose provider withholds administrative commands") {
  ReplayDesk desk(rented());
  Process daemon = desk.start_orderd();
  wait_to_say(daemon, "ready: ");
  CHECK(desk.run({"stock", "set", "shoe", "10"}).status == 0);
  CHECK(desk.run({"stock", "list"}).status == 0);
  CHECK(desk.run({"submit", "--id", "o-1", "--sku", "shoe", "--quantity", "3", "--wait"}).status == 0);
  CHECK(desk.run({"order", "show", "o-1"}).status == 0);
  CHECK(desk.run({"results"}).status == 0);
  xadd(desk.admin(), "orders", {{"note", "malformed"}});
  wait_for_length(desk.admin(), "orders:dead", 1);
  CHECK(desk.run({"dead", "list"}).status == 0);
  CHECK(desk.run({"pause"}).status == 0);
  CHECK(desk.run({"resume"}).status == 0);
  const std::string file = desk.workload("w", {"--orders", "500", "--skus", "3", "--stock", "70"});
  const Ran replayed = desk.replay({"run", file, "--set-stock", "--max", "--wait", "--verify"});
  CHECK_MESSAGE(replayed.status == 0, replayed.errors);
  const Ran audit = desk.run({"audit"});
  CHECK_MESSAGE(audit.status == 0, audit.output, audit.errors);
  const Ran status = desk.run({"status", "--check"});
  CHECK_MESSAGE(status.status == 0, status.errors);
  CHECK(desk.run({"status"}).says("the server denies CONFIG GET"));
  const Ran doctor = desk.run({"doctor"});
  CHECK_MESSAGE(doctor.status == 0, doctor.output);
  CHECK(doctor.says("unknown  truncated"));
  CHECK(doctor.says("good     rights"));
  end(daemon);
  CHECK_FALSE(says(daemon, " warn "));
}

}  // namespace
}  // namespace orderd::test
