// V6, V10, V12, V14 to V17, V20: a server that is up but does not serve.
#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <thread>

#include "order-chaos/fault.h"
#include "order-chaos/pace.h"
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
Injected flush_scripts(Trial& trial, std::size_t times) {
  for (; times > 0; --times) {
    (void)trial.ask({"SCRIPT", "FLUSH"});
    let_pass(trial.between(0, 15));
  }
  return {};
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
Injected busy(Trial& trial, bool writes) {
  const milliseconds lasts = trial.between(100, 600);
  const std::string script = std::string("#!lua\n") + (writes ? "server.call('SET', KEYS[1], '1')\n" : "") +
                             "local t = server.call('TIME')\n"
                             "local function now() return 0 end\n"
                             "for i = 1, tonumber(ARGV[1]) do now() end\n"
                             "return t[1]";
  // About 20 million iterations per second; if slower, SCRIPT KILL or the patience limit ends it.
  const std::string turns = std::to_string(lasts.count() * 20'000);
  const std::string key = "chaos:busy";
  // Joined by the last owner: healing may fail before it gets there.
  const auto caller = std::make_shared<std::jthread>([endpoint = trial.server.endpoint(), script, turns, key] {
    auto client = valkey::SyncClient::connect(endpoint, {});
    // Killed or not: the reply does not matter.
    if (client) (void)client->call(valkey::Command::of("EVAL", script, 1, key, turns));
  });
  return {lasts, [&trial, caller, writes] {
            if (!writes) (void)trial.call({"SCRIPT", "KILL"});  // it may have ended
            if (caller->joinable()) caller->join();
            // On a busy machine it may run longer than its caller waits.
            const auto free = [&] { return !trial.call({"PING"})->is_error(); };
            if (!test::poll_until(free, kBusyDeadline)) throw std::runtime_error("the script does not end");
          }};
}

// Replies of more than 16 KiB close their connection.
Injected small_output_buffers(Trial& trial) {
  std::vector<Order> large;
  for (int i = 0; i < 30; ++i) {
    Order order;
    order.malformed = true;
    order.entry = {{"nothing", std::string(4000, 'y')}};
    large.push_back(std::move(order));
  }
  Injected injected = configured("client-output-buffer-limit", "normal 16kb 0 0")(trial);
  (void)trial.push(large);
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

// A replica of a primary that does not exist: READONLY for writers, MASTERDOWN for readers.
Injected replica(Trial& trial, bool serves_stale) {
  const valkey::OwnedReply before = trial.call({"CONFIG", "GET", "replica-serve-stale-data"});
  const std::string old(before->at(1).text());
  (void)trial.ask({"CONFIG", "SET", "replica-serve-stale-data", serves_stale ? "yes" : "no"});
  (void)trial.ask({"REPLICAOF", "127.0.0.1", "1"});
  trial.refuses_daemons(true);
  return {trial.between(50, 800), [&trial, old] {
            (void)trial.ask({"REPLICAOF", "NO", "ONE"});
            (void)trial.ask({"CONFIG", "SET", "replica-serve-stale-data", old});
            trial.refuses_daemons(false);
          }};
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

}  // namespace

std::vector<Fault> server_faults() {
  const auto state = [](const char* id, const char* name, OfServer inject, const char* part = "everything") {
    return state_fault(id, name, part, Kind::kAnywhere, std::move(inject));
  };
  const auto process = [](const char* id, const char* name, OfServer inject) {
    return process_fault(id, name, Kind::kAnywhere, std::move(inject));
  };
  return {
      process("V6", "SIGSTOP of the server", freeze),
      state(
          "V10", "SCRIPT FLUSH", [](Trial& trial) { return flush_scripts(trial, 1); }, "scripts"),
      state(
          "V10", "SCRIPT FLUSH in a loop",
          [](Trial& trial) { return flush_scripts(trial, trial.random.number(10, 50)); }, "scripts"),
      state("V12", "out of memory", configured("maxmemory", "1")),
      state("V12", "maxmemory toggled", toggle_memory),
      process("V14", "a busy script", [](Trial& trial) { return busy(trial, false); }),
      process("V14", "a busy script that has written and cannot be killed",
              [](Trial& trial) { return busy(trial, true); }),
      state("V15", "output buffers of 16 KiB, and large requests", small_output_buffers),
      process("V16", "maxclients reached", no_more_clients),
      // A clean restart; while it loads it replies LOADING.
      process("V17", "a restart, with LOADING",
              [](Trial& trial) {
                trial.server.restart();
                return Injected{};
              }),
      state("V17", "NOREPLICAS", configured("min-replicas-to-write", "1")),
      state("V17", "READONLY", [](Trial& trial) { return replica(trial, true); }),
      state("V17", "MASTERDOWN", [](Trial& trial) { return replica(trial, false); }),
      state("V17", "MISCONF", misconf),
      process("V20", "DEBUG SLEEP", debug_sleep),
  };
}

}  // namespace orderd::chaos
