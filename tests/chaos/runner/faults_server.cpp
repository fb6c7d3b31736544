// Rows V6, V10, V12, V14 to V17, V20: a server that lives and does not serve.
#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <thread>

#include "chaos/runner/fault.h"
#include "chaos/runner/pace.h"
#include "support/wait_for.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr auto kBusyDeadline = 60s;

// A setting of the server's, and back to what it was.
Injury configured(World& world, milliseconds lasts, const std::string& name, const std::string& value) {
  const valkey::OwnedReply before = world.call({"CONFIG", "GET", name});
  const std::string old(before->at(1).text());
  (void)world.ask({"CONFIG", "SET", name, value});
  return {lasts, [&world, name, old] { (void)world.ask({"CONFIG", "SET", name, old}); }};
}

Injury stand_still(World& world, std::size_t /*daemon*/) {
  world.server.pause();
  return {world.between(100, 1500), [&world] { world.server.resume(); }};
}

Injury flush_scripts(World& world, std::size_t /*daemon*/) {
  (void)world.ask({"SCRIPT", "FLUSH"});
  return {};
}

Injury out_of_memory(World& world, std::size_t /*daemon*/) {
  return configured(world, world.between(50, 800), "maxmemory", "1");
}

// Keeps the server busy from a connection of its own: a script that can be killed, or one that has written and cannot.
Injury busy(World& world, bool writes) {
  const milliseconds lasts = world.between(100, 600);
  const std::string script = std::string("#!lua\n") + (writes ? "server.call('SET', KEYS[1], '1')\n" : "") +
                             "local t = server.call('TIME')\n"
                             "local function now() return 0 end\n"
                             "for i = 1, tonumber(ARGV[1]) do now() end\n"
                             "return t[1]";
  // About 20 million turns a second; where it takes longer, SCRIPT KILL or patience ends it.
  const std::string turns = std::to_string(lasts.count() * 20'000);
  const std::string key = "chaos:busy";
  // Joined by whoever lets go of it last: healing may fail before it gets there.
  const auto caller = std::make_shared<std::jthread>([endpoint = world.server.endpoint(), script, turns, key] {
    auto client = valkey::SyncClient::connect(endpoint, {});
    // Killed or not: the answer is of no interest.
    if (client) (void)client->call(valkey::Command::of("EVAL", script, 1, key, turns));
  });
  return {lasts, [&world, caller, writes] {
            if (!writes) (void)world.call({"SCRIPT", "KILL"});  // it may be through already
            if (caller->joinable()) caller->join();
            // On a busy machine it may run for longer than its caller waits.
            const auto free = [&] { return !world.call({"PING"})->is_error(); };
            if (!test::poll_until(free, kBusyDeadline)) throw std::runtime_error("the script does not end");
          }};
}

Injury busy_script(World& world, std::size_t /*daemon*/) {
  return busy(world, false);
}

Injury unkillable_script(World& world, std::size_t /*daemon*/) {
  return busy(world, true);
}

// Replies of more than 16 KiB end their connection.
Injury small_output_buffers(World& world, std::size_t /*daemon*/) {
  std::vector<Order> large;
  for (int i = 0; i < 30; ++i) {
    Order order;
    order.malformed = true;
    order.entry = {{"nothing", std::string(4000, 'y')}};
    large.push_back(std::move(order));
  }
  Injury injury = configured(world, world.between(50, 500), "client-output-buffer-limit", "normal 16kb 0 0");
  (void)world.push(large);
  // What CONFIG GET says of all classes is what CONFIG SET takes.
  return injury;
}

// Every connection that the server would take is taken.
Injury no_more_clients(World& world, std::size_t /*daemon*/) {
  Injury injury = configured(world, world.between(50, 600), "maxclients", "10");
  const auto hogs = std::make_shared<std::vector<valkey::SyncClient>>();
  (void)world.ask({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  for (int i = 0; i < 12; ++i) {
    auto hog = valkey::SyncClient::connect(world.server.endpoint(), {});
    if (hog) hogs->push_back(std::move(*hog));
  }
  return {injury.lasts, [hogs, heal = injury.heal] {
            hogs->clear();
            heal();
          }};
}

Injury no_replicas(World& world, std::size_t /*daemon*/) {
  return configured(world, world.between(50, 800), "min-replicas-to-write", "1");
}

// A replica of a primary that nobody is: READONLY, and MASTERDOWN for those who read.
Injury replica(World& world, bool serves_stale) {
  const valkey::OwnedReply before = world.call({"CONFIG", "GET", "replica-serve-stale-data"});
  const std::string old(before->at(1).text());
  (void)world.ask({"CONFIG", "SET", "replica-serve-stale-data", serves_stale ? "yes" : "no"});
  (void)world.ask({"REPLICAOF", "127.0.0.1", "1"});
  return {world.between(50, 800), [&world, old] {
            (void)world.ask({"REPLICAOF", "NO", "ONE"});
            (void)world.ask({"CONFIG", "SET", "replica-serve-stale-data", old});
          }};
}

Injury read_only(World& world, std::size_t /*daemon*/) {
  return replica(world, true);
}

Injury master_down(World& world, std::size_t /*daemon*/) {
  return replica(world, false);
}

// A snapshot that cannot be written stops writes: a directory stands where it would go.
Injury misconf(World& world, std::size_t /*daemon*/) {
  const std::string obstacle = world.server.directory() + "/dump.rdb";
  std::filesystem::remove_all(obstacle);  // a snapshot of an earlier end, or of this fault
  std::filesystem::create_directory(obstacle);
  (void)world.ask({"CONFIG", "SET", "save", "3600 1000000"});
  (void)world.ask({"BGSAVE", "SCHEDULE"});
  return {world.between(200, 800), [&world, obstacle] {
            (void)world.ask({"CONFIG", "SET", "save", "", "stop-writes-on-bgsave-error", "no"});
            (void)world.ask({"CONFIG", "SET", "stop-writes-on-bgsave-error", "yes"});
            std::error_code ignored;  // it goes with the world's directory in any case
            std::filesystem::remove(obstacle, ignored);
          }};
}

// Restarted in good order; while it loads it answers LOADING.
Injury restart_and_load(World& world, std::size_t /*daemon*/) {
  world.server.restart();
  return {};
}

Injury debug_sleep(World& world, std::size_t /*daemon*/) {
  const milliseconds time = world.between(50, 900);
  (void)world.ask({"DEBUG", "SLEEP", std::to_string(static_cast<double>(time.count()) / 1000)});
  return {};
}

}  // namespace

void add_server_faults(std::vector<Fault>& faults) {
  const auto state = [&](const char* row, const char* name, const char* part, Injury (*play)(World&, std::size_t)) {
    faults.push_back({row, name, Touches::kServerState, part, Kind::kAnywhere, play});
  };
  const auto process = [&](const char* row, const char* name, Injury (*play)(World&, std::size_t)) {
    faults.push_back({row, name, Touches::kServerProcess, "", Kind::kAnywhere, play});
  };
  process("V6", "SIGSTOP of the server", stand_still);
  state("V10", "SCRIPT FLUSH", "scripts", flush_scripts);
  state("V12", "out of memory", "everything", out_of_memory);
  process("V14", "a busy script", busy_script);
  process("V14", "a busy script that has written and cannot be killed", unkillable_script);
  state("V15", "output buffers of 16 KiB, and large requests", "everything", small_output_buffers);
  process("V16", "no more clients", no_more_clients);
  process("V17", "a restart, with LOADING", restart_and_load);
  state("V17", "NOREPLICAS", "everything", no_replicas);
  state("V17", "READONLY", "everything", read_only);
  state("V17", "MASTERDOWN", "everything", master_down);
  state("V17", "MISCONF", "everything", misconf);
  process("V20", "DEBUG SLEEP", debug_sleep);
}

}  // namespace orderd::chaos
