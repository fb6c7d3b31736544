// V6, V10, V12, V14 to V17, V20: a server that is up but does not serve.
#include "order-chaos/fault.h"
#include "support/wait_for.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr auto kBusyDeadline = 60s;

// Changes a server setting, and restores it.
OfServer configured(const std::string& name, const std::string& value) {
  return [name, value](Trial& trial) -> Injected {
    // CONFIG SET accepts the output of CONFIG GET.
    const std::string old(trial.call({"CONFIG", "GET", name})->at(1).text());
    (void)trial.ask({"CONFIG", "SET", name, value});
    return {trial.between(50, 800), [&trial, name, old] { (void)trial.ask({"CONFIG", "SET", name, old}); }};
  };
}

Injected freeze(Trial& trial) {
  trial.server.pause();
  return {trial.between(100, 1500), [&trial] { trial.server.resume(); }};
}

// As often as a daemon can load them, and more often.
OfServer flush_scripts(std::size_t times_min, std::size_t times_max) {
  return [times_min, times_max](Trial& trial) {
    for (std::size_t times = trial.random.number(times_min, times_max); times > 0; --times) {
      (void)trial.ask({"SCRIPT", "FLUSH"});
      let_pass(trial.between(0, 15));
    }
    return Injected{};
  };
}

// Memory may run out, or become free, between any two calls of a chain.
Injected toggle_memory(Trial& trial) {
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
OfServer busy(bool writes) {
  return [writes](Trial& trial) -> Injected {
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

// Replies of more than 16 KiB close their connection.
Injected small_output_buffers(Trial& trial) {
  Order large;
  large.malformed = true;
  large.entry = {{"nothing", std::string(4000, 'y')}};
  Injected injected = configured("client-output-buffer-limit", "normal 16kb 0 0")(trial);
  (void)trial.push(std::vector<Order>(30, large));
  return injected;
}

// Takes every connection that the server accepts.
Injected no_more_clients(Trial& trial) {
  Injected injected = configured("maxclients", "10")(trial);
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
OfServer replica(const char* serves_stale) {
  return [serves_stale](Trial& trial) -> Injected {
    const Injected stale = configured("replica-serve-stale-data", serves_stale)(trial);
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
Injected misconf(Trial& trial) {
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

Injected debug_sleep(Trial& trial) {
  const milliseconds time = trial.between(50, 900);
  (void)trial.ask({"DEBUG", "SLEEP", std::to_string(static_cast<double>(time.count()) / 1000)});
  return {};
}

// A clean restart; while it loads it replies LOADING.
Injected restart(Trial& trial) {
  trial.server.restart();
  return {};
}

}  // namespace

std::vector<Fault> server_faults() {
  const auto state = [](const char* id, const char* name, OfServer inject) {
    return state_fault(id, name, "everything", Kind::kAnywhere, std::move(inject));
  };
  const auto process = [](const char* id, const char* name, OfServer inject) {
    return process_fault(id, name, Kind::kAnywhere, std::move(inject));
  };
  return {
      process("V6", "SIGSTOP of the server", freeze),
      state_fault("V10", "SCRIPT FLUSH", "scripts", Kind::kAnywhere, flush_scripts(1, 1)),
      state_fault("V10", "SCRIPT FLUSH in a loop", "scripts", Kind::kAnywhere, flush_scripts(10, 50)),
      state("V12", "out of memory", configured("maxmemory", "1")),
      state("V12", "maxmemory toggled", toggle_memory),
      process("V14", "a busy script", busy(false)),
      process("V14", "a busy script that has written and cannot be killed", busy(true)),
      state("V15", "output buffers of 16 KiB, and large requests", small_output_buffers),
      process("V16", "maxclients reached", no_more_clients),
      process("V17", "a restart, with LOADING", restart),
      state("V17", "NOREPLICAS", configured("min-replicas-to-write", "1")),
      state("V17", "READONLY", replica("yes")),
      state("V17", "MASTERDOWN", replica("no")),
      state("V17", "MISCONF", misconf),
      process("V20", "DEBUG SLEEP", debug_sleep),
  };
}

}  // namespace orderd::chaos
