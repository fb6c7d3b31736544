// A managed server: its provider withholds administrative commands. orderd and all its tools work without them.
#include "integration/replay_desk.h"

namespace orderd::test {

TEST_CASE("everything works with a server whose provider withholds administrative commands") {
  ServerOptions options{.append_only = ServerOptions::AppendOnly::kEverySecond, .config = {"maxmemory 1gb"}};
  // Commands that Aiven, AWS MemoryDB, Google Memorystore or Oracle withhold, according to their documentation; without
  // EVALSHA and SCRIPT, which orderd needs.
  for (const std::string name :
       {"ACL",      "BGREWRITEAOF", "BGSAVE",  "CLUSTER", "COMMAND", "CONFIG", "DEBUG",     "FAILOVER",
        "LASTSAVE", "LATENCY",      "MIGRATE", "MODULE",  "MONITOR", "PSYNC",  "REPLICAOF", "RESET",
        "SAVE",     "SHUTDOWN",     "SLAVEOF", "SLOWLOG", "SYNC",    "WAITAOF"}) {
    options.config.push_back("rename-command " + name + " \"\"");
  }
  ReplayDesk desk(options);
  Process daemon = desk.start_orderd();
  wait_to_say(daemon, "ready: ");
  xadd(desk.admin(), "orders", {{"note", "malformed"}});
  wait_for_length(desk.admin(), "orders:dead", 1);
  for (const Words& words : std::vector<Words>{{"stock", "set", "shoe", "10"},
                                               {"stock", "list"},
                                               {"submit", "--id", "o-1", "--sku", "shoe", "--quantity", "3", "--wait"},
                                               {"order", "show", "o-1"},
                                               {"results"},
                                               {"dead", "list"},
                                               {"pause"},
                                               {"resume"}}) {
    succeeded(desk.run(words));
  }
  const std::string file = desk.workload("w", {"--orders", "500", "--skus", "3", "--stock", "70"});
  succeeded(desk.replay({"run", file, "--set-stock", "--max", "--wait", "--verify"}));
  succeeded(desk.run({"audit"}));
  succeeded(desk.run({"status", "--check"}));
  CHECK(desk.run({"status"}).says("the server denies CONFIG GET"));
  succeeded(desk.run({"doctor"}), {"unknown  truncated", "good     rights"});
  end(daemon);
  CHECK_FALSE(says(daemon, " warn "));
}

}  // namespace orderd::test
