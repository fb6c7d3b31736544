// How orderd starts: its log, with closed standard descriptors, without administrative commands, and after an upgrade
// from an earlier version, as in docs/operations.md.
#include "integration/replay_desk.h"
#include "integration/sale.h"

namespace orderd::test {
namespace {

const Words kOldRecords = {"ORDERD_KEYS_ORDER=order:<id>"};

// What the earlier version leaves behind: a group that has acknowledged everything, records that also name the request,
// and its own position. Results of several daemons are not quite in order, and none of the current keys exist.
void make_old(Sale& sale) {
  ask_number(sale.client(), {"EVAL", R"(
      local all = server.call('XRANGE', 'results', '-', '+')
      for _, entry in ipairs(all) do
        local key = 'order:' .. entry[2][2]
        local record = server.call('GET', key)
        if record then server.call('SET', key, record .. ' ' .. entry[2][4], 'PX', 86400000) end
      end
      server.call('DEL', 'results', 'orders:position', 'orders:owner', 'orders:standby')
      local n = #all
      all[n - 3][2], all[n][2] = all[n][2], all[n - 3][2]
      for _, entry in ipairs(all) do server.call('XADD', 'results', entry[1], unpack(entry[2])) end
      server.call('HSET', 'orders:orderd:position', 'settled', all[n - 3][2][4])
      return 0)",
                             "0"});
}

}  // namespace

TEST_CASE_FIXTURE(Sale, "the log says ready with the server and the position and what waits") {
  for (const char* id : {"1-1", "1-2", "1-3"}) {
    ask(client(), {"XADD", "orders", id, "id", id, "sku", "shoe", "quantity", "1"});
  }
  start();
  wait_for_length(client(), "results", 3);
  const std::string said = stop();
  CHECK_MESSAGE(contains(said, "ready: serving 'orders' on Valkey "), said);
  CHECK(contains(said, "from position 0-0, 3 requests waiting"));
  push_order(client(), "last");
  start();
  wait_to_say(*only, "from position 1-3, 1 requests waiting");
}

TEST_CASE_FIXTURE(Sale, "orderd started with closed standard descriptors serves and exits with 0") {
  std::size_t orders = 0;
  for (const std::string closed : {"<&-", ">&-", "2>&-", "<&- >&- 2>&-"}) {
    CAPTURE(closed);
    push_order(client(), "o-" + std::to_string(++orders));
    Process daemon({"bash", "-c", "exec " ORDERD_PATH " " + closed}, {.environment = {"ORDERD_VALKEY_URL=" + url}});
    wait_for_length(client(), "results", orders);
    end(daemon);
    CHECK(length(client(), "results") == orders);
  }
  // Nothing that was logged went into the connection: at most one error, about the results stream that does not exist
  // yet.
  CHECK(info_number(client(), "stats", "total_error_replies:") <= 1);
}

TEST_CASE_FIXTURE(Sale, "after an upgrade nothing is settled again and retries are recognized") {
  start(kOldRecords);
  const auto order = [&](int i) { return push_order(client(), "o-" + std::to_string(i)); };
  for (int i = 0; i < 50; ++i) order(i);
  settle();
  stop();
  make_old(*this);
  const std::string marker = xadd(client(), "orders", {{"upgrade", "marker"}});
  const std::string answer = xadd(
      client(), "results",
      {{"order", ""}, {"request", marker}, {"status", "rejected"}, {"reason", "malformed"}, {"detail", "no order"}});
  start(kOldRecords);
  succeeded(orderctl_at(url, {"order", "show", "o-7", "--keys.order", "order:<id>"}), {"accepted, in order:o-7"});
  const std::string retry = order(7);
  order(50);
  settle();
  const auto since = entries(client(), "results", "(" + answer);
  REQUIRE(since.size() == 2);
  CHECK(since[0].field("request") == retry);
  CHECK(since[0].field("status") == "duplicate");
  CHECK(since[1].field("status") == "accepted");
  CHECK(get(client(), "product:shoe:stock") == "999949");
}

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
