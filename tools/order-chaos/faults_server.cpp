// V6, V10, V12, V14 to V17, V20: a server that is up but does not serve.
#include "order-chaos/fault.h"
#include "support/wait_for.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;
using Kind::kAnywhere;
using std::chrono::milliseconds;
using Touches::kEverything;
using Touches::kProcess;
using Touches::kScripts;

constexpr auto kBusyDeadline = 60s;

// Changes a server setting, and restores it.
Injected configure(Trial& trial, const std::string& name, const std::string& value) {
  // CONFIG SET accepts the output of CONFIG GET.
  const std::string old(trial.call({"CONFIG", "GET", name})->at(1).text());
  (void)trial.ask({"CONFIG", "SET", name, value});
  return {trial.between(50, 800), [&trial, name, old] { (void)trial.ask({"CONFIG", "SET", name, old}); }};
}

Inject configured(const char* name, const char* value) {
  return [name, value](Trial& trial, Daemon&) { return configure(trial, name, value); };
}

// Memory may run out, or become free, between any two calls of a chain.
Injected toggle_memory(Trial& trial, Daemon& /*daemon*/) {
  const std::function<void()> heal = [&trial] { (void)trial.ask({"CONFIG", "SET", "maxmemory", "0"}); };
  try {
    for (std::size_t times = trial.random.number(5, 30); times > 0; --times) {
      (void)trial.ask({"CONFIG", "SET", "maxmemory", "1"});
      let_pass(trial.between(0, 20));
      heal();
      let_pass(trial.between(0, 20));
    }
  } catch (const std::runtime_error& error) {
    trial.note(std::string("toggling ended early: ") + error.what());
  }
  return {0ms, heal};
}

// Keeps the server busy from a separate connection, with a script that can be killed, or one that has written and
// cannot.
Inject busy(bool writes) {
  return [writes](Trial& trial, Daemon&) -> Injected {
    const milliseconds lasts = trial.between(100, 600);
    const std::string script = std::string("#!lua\n") + (writes ? "server.call('SET', KEYS[1], '1')\n" : "") + R"(
        local t = server.call('TIME')
        local function now() return 0 end
        for i = 1, tonumber(ARGV[1]) do now() end
        return t[1])";
    // About 20 million iterations per second; if slower, SCRIPT KILL or the patience limit ends it.
    const std::string turns = std::to_string(lasts.count() * 20'000);
    // Joined by the last owner: healing may fail before it gets there.
    const auto caller = std::make_shared<std::jthread>([endpoint = trial.server.endpoint(), script, turns] {
      auto client = valkey::SyncClient::connect(endpoint, {});
      // Killed or not: the reply does not matter.
      if (client) (void)client->call(valkey::Command::of("EVAL", script, 1, "chaos:busy", turns));
    });
    return {lasts, [&trial, caller, writes] {
              if (!writes) (void)trial.call({"SCRIPT", "KILL"});  // it may have ended
              if (caller->joinable()) caller->join();
              // On a busy machine it may run longer than its caller waits.
              const auto free = [&] { return !trial.call({"PING"})->is_error(); };
              if (!test::poll_until(free, kBusyDeadline)) throw std::runtime_error("the script does not end");
            }};
  };
}

// Takes every connection that the server accepts.
Injected no_more_clients(Trial& trial, Daemon& /*daemon*/) {
  Injected injected = configure(trial, "maxclients", "10");
  const auto hogs = std::make_shared<std::vector<valkey::SyncClient>>();
  (void)trial.ask({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  for (int i = 0; i < 12; ++i) {
    auto hog = valkey::SyncClient::connect(trial.server.endpoint(), {});
    if (hog) hogs->push_back(std::move(*hog));
  }
  return {injected.lasts, [hogs, heal = injected.heal] {
            hogs->clear();
            heal();
          }};
}

// A replica of a primary that does not exist: READONLY for writers; MASTERDOWN for readers, unless it serves stale
// data.
Inject replica(const char* serves_stale) {
  return [serves_stale](Trial& trial, Daemon&) -> Injected {
    const Injected stale = configure(trial, "replica-serve-stale-data", serves_stale);
    (void)trial.ask({"REPLICAOF", "127.0.0.1", "1"});
    trial.refuses_daemons(true);
    return {stale.lasts, [&trial, heal = stale.heal] {
              (void)trial.ask({"REPLICAOF", "NO", "ONE"});
              heal();
              trial.refuses_daemons(false);
            }};
  };
}

// A snapshot that cannot be written stops writes: a directory is in its place.
Injected misconf(Trial& trial, Daemon& /*daemon*/) {
  const std::string obstacle = trial.server.directory() + "/dump.rdb";
  std::filesystem::remove_all(obstacle);  // a snapshot, from a shutdown or from this fault
  std::filesystem::create_directory(obstacle);
  (void)trial.ask({"CONFIG", "SET", "save", "3600 1000000"});
  (void)trial.ask({"BGSAVE", "SCHEDULE"});
  return {trial.between(200, 800), [&trial, obstacle] {
            (void)trial.ask({"CONFIG", "SET", "save", "", "stop-writes-on-bgsave-error", "no"});
            (void)trial.ask({"CONFIG", "SET", "stop-writes-on-bgsave-error", "yes"});
            std::error_code ignored;  // removed with the trial's directory anyway
            std::filesystem::remove(obstacle, ignored);
          }};
}

}  // namespace

const std::vector<Fault> kServerFaults = {
    {"V6", "SIGSTOP of the server", kProcess, kAnywhere,
     [](Trial& trial, Daemon&) -> Injected {
       trial.server.pause();
       return {trial.between(100, 1500), [&trial] { trial.server.resume(); }};
     }},
    {"V10", "SCRIPT FLUSH", kScripts, kAnywhere, command({"SCRIPT", "FLUSH"})},
    // As often as a daemon can load them, and more often.
    {"V10", "SCRIPT FLUSH in a loop", kScripts, kAnywhere,
     [](Trial& trial, Daemon&) -> Injected {
       for (std::size_t times = trial.random.number(10, 50); times > 0; --times) {
         (void)trial.ask({"SCRIPT", "FLUSH"});
         let_pass(trial.between(0, 15));
       }
       return {};
     }},
    {"V12", "out of memory", kEverything, kAnywhere, configured("maxmemory", "1")},
    {"V12", "maxmemory toggled", kEverything, kAnywhere, toggle_memory},
    {"V14", "a busy script", kProcess, kAnywhere, busy(false)},
    {"V14", "a busy script that has written and cannot be killed", kProcess, kAnywhere, busy(true)},
    // Replies of more than 16 KiB close their connection.
    {"V15", "output buffers of 16 KiB, and large requests", kEverything, kAnywhere,
     [](Trial& trial, Daemon&) {
       Injected injected = configure(trial, "client-output-buffer-limit", "normal 16kb 0 0");
       Order large;
       large.malformed = true;
       large.entry = {{"nothing", std::string(4000, 'y')}};
       (void)trial.push(std::vector<Order>(30, large));
       return injected;
     }},
    {"V16", "maxclients reached", kProcess, kAnywhere, no_more_clients},
    // While it loads it replies LOADING.
    {"V17", "a restart, with LOADING", kProcess, kAnywhere,
     [](Trial& trial, Daemon&) {
       trial.server.restart();
       return Injected{};
     }},
    {"V17", "NOREPLICAS", kEverything, kAnywhere, configured("min-replicas-to-write", "1")},
    {"V17", "READONLY", kEverything, kAnywhere, replica("yes")},
    {"V17", "MASTERDOWN", kEverything, kAnywhere, replica("no")},
    {"V17", "MISCONF", kEverything, kAnywhere, misconf},
    {"V20", "DEBUG SLEEP", kProcess, kAnywhere,
     [](Trial& trial, Daemon&) {
       (void)trial.ask({"DEBUG", "SLEEP", "0." + std::to_string(trial.random.number(100, 900))});
       return Injected{};
     }},
};

}  // namespace orderd::chaos
