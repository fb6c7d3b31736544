// Rows P: what happens to the daemon's process, and what an administrator does to its connections.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/time.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "chaos/runner/fault.h"
#include "chaos/runner/pace.h"
#include "support/wait_for.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr auto kDrainDeadline = 10s;

// A signal that comes before the program has read its settings ends it as it ends any program, and a limit keeps it
// from starting.
void until_it_listens(Daemon& daemon) {
  if (!test::poll_until([&] { return !daemon.log().empty(); }, kDrainDeadline))
    throw std::runtime_error("the daemon says nothing");
}

Injury kill_one(World& world, std::size_t number) {
  world.daemons[number]->kill();
  return {world.between(0, 100), [&world, number] { world.daemons[number]->start(); }};
}

// At a named point of an order's way: the reply to such a command is there, and never reaches the daemon.
Injury kill_before_reply(World& world, std::size_t number, const char* command) {
  Daemon& daemon = *world.daemons[number];
  daemon.proxy.add(test::Trigger::on(command).hold_reply());
  (void)world.push(world.probe());
  let_pass(world.between(5, 60));
  daemon.kill();
  return {0ms, [&world, number] {
            world.daemons[number]->proxy.heal();
            world.daemons[number]->start();
          }};
}

// The script has run, and its answer never comes.
Injury kill_between_script_and_answer(World& world, std::size_t number) {
  return kill_before_reply(world, number, "EVALSHA");
}

// The entries are delivered, and the daemon that they were delivered to never sees them.
Injury kill_between_delivery_and_reading(World& world, std::size_t number) {
  return kill_before_reply(world, number, "XREADGROUP");
}

Injury kill_all_repeatedly(World& world, std::size_t /*daemon*/) {
  const std::size_t times = world.random.number(2, 4);
  for (std::size_t i = 0; i < times; ++i) {
    for (const auto& daemon : world.daemons) daemon->kill();
    for (const auto& daemon : world.daemons) daemon->start();
    let_pass(world.between(50, 300));
  }
  return {};
}

// SIGTERM or SIGINT: what is in flight is finished, and the exit status is 0.
Injury stop_in_good_order(World& world, std::size_t number) {
  Daemon& daemon = *world.daemons[number];
  const int signal = world.random.chance(50) ? SIGTERM : SIGINT;
  until_it_listens(daemon);
  daemon.expect_end();
  daemon.process().signal(signal);
  return {0ms, [&world, number] {
            Daemon& stopped = *world.daemons[number];
            const int status = stopped.process().wait(kDrainDeadline);
            if (status != 0)
              world.incident(stopped.consumer() + " was told to stop and ended with " + std::to_string(status));
            stopped.start();
          }};
}

Injury stop_twice(World& world, std::size_t number) {
  Daemon& daemon = *world.daemons[number];
  until_it_listens(daemon);
  daemon.expect_end();
  daemon.process().signal(SIGTERM);
  let_pass(60ms);  // closer together they count as one
  daemon.process().signal(SIGTERM);
  return {0ms, [&world, number] {
            Daemon& stopped = *world.daemons[number];
            const int status = stopped.process().wait(kDrainDeadline);
            // 0 where it was through with everything before the second one.
            if (status > 1)
              world.incident(stopped.consumer() + " was told to stop twice and ended with " + std::to_string(status));
            stopped.start();
          }};
}

// A process that stands still for longer than claim_idle (500ms here) and then goes on with what it held.
Injury stand_still(World& world, std::size_t number) {
  world.daemons[number]->process().pause();
  return {world.between(100, 1200), [&world, number] { world.daemons[number]->process().resume(); }};
}

// One part in twenty of a processor: it runs for 2 ms, then stands for 38.
Injury starve(World& world, std::size_t number) {
  test::Process& process = world.daemons[number]->process();
  (void)setpriority(PRIO_PROCESS, static_cast<id_t>(process.pid()), 19);  // refused: then it starves by standing alone
  for (int i = 0; i < 20; ++i) {
    process.pause();
    let_pass(38ms);
    process.resume();
    let_pass(2ms);
  }
  return {0ms, [&world, number] {
            // Without the right to raise a priority again, only a new process has the old one.
            Daemon& daemon = *world.daemons[number];
            if (setpriority(PRIO_PROCESS, static_cast<id_t>(daemon.process().pid()), 0) == 0) return;
            daemon.kill();
            daemon.start();
          }};
}

// No more memory than it has now, and a burst of large requests. Should it die of that, it is started again.
Injury no_more_memory(World& world, std::size_t number) {
  Daemon& daemon = *world.daemons[number];
  until_it_listens(daemon);
  daemon.expect_end();
  std::ifstream statm("/proc/" + std::to_string(daemon.process().pid()) + "/statm");
  rlim_t pages = 0;
  statm >> pages;
  const rlim_t bytes = pages * 4096 + 64 * 1024;
  const rlimit limit{bytes, RLIM_INFINITY};
  if (pages == 0 || prlimit(daemon.process().pid(), RLIMIT_AS, &limit, nullptr) != 0)
    throw std::runtime_error("prlimit on the daemon was refused");
  std::vector<Order> large;
  for (int i = 0; i < 40; ++i) {
    Order order = world.probe();
    order.customer = std::string(120, 'c');
    order.entry = {{"padding", std::string(50'000, 'x')}};
    order.malformed = false;
    Order flat = order;
    write_entry(flat, Form::kFlat);
    order.entry.insert(order.entry.end(), flat.entry.begin(), flat.entry.end());
    large.push_back(std::move(order));
  }
  (void)world.push(large);
  return {world.between(100, 400), [&world, number] {
            Daemon& tried = *world.daemons[number];
            if (tried.running()) {
              const rlimit none{RLIM_INFINITY, RLIM_INFINITY};
              (void)prlimit(tried.process().pid(), RLIMIT_AS, &none,
                            nullptr);  // it ended meanwhile: it is started below
              let_pass(1ms);
            }
            tried.kill();
            tried.start();
          }};
}

// Not one file descriptor more, while its connections end.
Injury no_more_files(World& world, std::size_t number) {
  Daemon& daemon = *world.daemons[number];
  until_it_listens(daemon);
  std::error_code problem;
  std::size_t open = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/" + std::to_string(daemon.process().pid()) + "/fd", problem)) {
    (void)entry;
    ++open;
  }
  const rlimit few{open > 2 ? open - 2 : 3, 4096};
  if (prlimit(daemon.process().pid(), RLIMIT_NOFILE, &few, nullptr) != 0)
    throw std::runtime_error("prlimit on the daemon was refused");
  daemon.proxy.reset();
  return {world.between(50, 400), [&world, number] {
            const rlimit many{1024, 4096};
            (void)prlimit(world.daemons[number]->process().pid(), RLIMIT_NOFILE, &many,
                          nullptr);  // told by the recovery that does not come
          }};
}

// Nothing that it writes to its log arrives, and it writes plenty: its connections end again and again.
Injury log_disk_full(World& world, std::size_t number) {
  Daemon& daemon = *world.daemons[number];
  daemon.kill();
  daemon.start(Daemon::Log::kFull);
  for (int i = 0; i < 5; ++i) {
    let_pass(world.between(20, 60));
    daemon.proxy.reset();
  }
  return {world.between(50, 200), [&world, number] {
            Daemon& silent = *world.daemons[number];
            if (!silent.running()) world.incident(silent.consumer() + " ended because its log could not be written");
            silent.kill();
            silent.start();
          }};
}

// One SIGHUP with a file that is unchanged, good and new, or broken.
Injury reload(World& world, std::size_t number) {
  Daemon& daemon = *world.daemons[number];
  until_it_listens(daemon);
  static const char* const kAdditions[] = {"", "[retention]\norders = \"12h\"\n", "[retention]\norders = \"12\"\n",
                                           "this is no TOML", "[nonsense]\nkey = 1\n"};
  std::ofstream(daemon.settings_file()) << daemon.settings() << kAdditions[world.random.number(5)];
  daemon.process().signal(SIGHUP);
  return {world.between(0, 20), [&world, number] {
            std::ofstream(world.daemons[number]->settings_file()) << world.daemons[number]->settings();
            world.daemons[number]->process().signal(SIGHUP);
          }};
}

// Two with one name: each takes the other's pending entries for its own.
Injury twin(World& world, std::size_t number) {
  const auto second = std::make_shared<test::Process>(
      std::vector<std::string>{world.programs.orderd, "--config", world.daemons[number]->settings_file()});
  return {world.between(200, 800), [&world, second] {
            second->signal(world.random.chance(50) ? SIGTERM : SIGKILL);
            second->wait(kDrainDeadline);
          }};
}

Injury kill_connections(World& world, std::size_t /*daemon*/) {
  (void)world.ask({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  return {};
}

Injury pause_writes(World& world, std::size_t /*daemon*/) {
  const milliseconds time = world.between(100, 900);
  (void)world.ask({"CLIENT", "PAUSE", std::to_string(time.count()), "WRITE"});
  // It ends by the server's clock, and that may be an hour ahead just now.
  return {time, [&world] { (void)world.ask({"CLIENT", "UNPAUSE"}); }};
}

// Each blocked reader is told that it was unblocked, by an error. Never while writes are paused: that takes
// Valkey 8.0.1 down.
Injury unblock_with_error(World& world, std::size_t /*daemon*/) {
  const std::string clients = world.ask({"CLIENT", "LIST", "TYPE", "normal"});
  for (std::size_t at = 0; (at = clients.find("id=", at)) != std::string::npos; at = clients.find('\n', at)) {
    const std::string id = clients.substr(at + 3, clients.find(' ', at) - at - 3);
    if (at == 0 || clients[at - 1] == '\n')
      (void)world.call({"CLIENT", "UNBLOCK", id, "ERROR"});  // not blocked: nothing happens
  }
  return {};
}

}  // namespace

void add_process_faults(std::vector<Fault>& faults) {
  const auto daemon = [&](const char* row, const char* name, Injury (*play)(World&, std::size_t)) {
    faults.push_back({row, name, Touches::kDaemon, "", Kind::kAnywhere, play});
  };
  const auto server = [&](const char* row, const char* name, const char* part, Injury (*play)(World&, std::size_t)) {
    faults.push_back({row, name, Touches::kServerState, part, Kind::kAnywhere, play});
  };
  daemon("P1", "kill -9 of a daemon at any moment", kill_one);
  daemon("P1", "kill -9 between the script and its answer", kill_between_script_and_answer);
  daemon("P1", "kill -9 between delivery and reading", kill_between_delivery_and_reading);
  faults.push_back({"P2", "kill -9 of all daemons, again and again", Touches::kAllDaemons, "", Kind::kAnywhere,
                    kill_all_repeatedly});
  daemon("P3", "SIGTERM or SIGINT under load", stop_in_good_order);
  daemon("P3", "a second SIGTERM", stop_twice);
  daemon("P4", "SIGSTOP for up to twice claim_idle", stand_still);
  daemon("P5", "a twentieth of a processor", starve);
  daemon("P6", "no more memory, and large requests", no_more_memory);
  daemon("P7", "no more file descriptors", no_more_files);
  daemon("P7", "a log that cannot be written", log_disk_full);
  daemon("P8", "SIGHUP with a good, a broken or the same file", reload);
  daemon("P9", "a second daemon of the same name", twin);
  server("P11", "CLIENT KILL of all connections", "connections", kill_connections);
  server("P11", "CLIENT PAUSE WRITE", "connections", pause_writes);
  server("P11", "CLIENT UNBLOCK ERROR of every reader", "connections", unblock_with_error);
}

}  // namespace orderd::chaos
