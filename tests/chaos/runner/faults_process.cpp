// P1 to P3, P5 to P8, P11: faults of the daemon's process, and administrators who act on its connections. Faults
// between daemons are in faults_standby.cpp.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/time.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "chaos/pace.h"
#include "chaos/runner/fault.h"
#include "support/wait_for.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr auto kDrainDeadline = 10s;

// Whether the process handles signals yet. Until then they kill it, like any program.
bool handles_signals(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("SigCgt:")) return (std::stoull(line.substr(7), nullptr, 16) >> (SIGTERM - 1) & 1) == 1;
  }
  return false;
}

// A limit also keeps a program from starting.
void until_it_listens(Daemon& daemon) {
  const bool ready =
      test::poll_until([&] { return !daemon.running() || handles_signals(daemon.process().pid()); }, kDrainDeadline);
  if (!ready || !daemon.running()) throw std::runtime_error("the daemon does not handle signals");
}

// Sent only when it handles signals. Not sent if it exited because the server refused it.
void tell(Daemon& daemon, int signal) {
  if (test::poll_until([&] { return !daemon.running() || handles_signals(daemon.process().pid()); }, kDrainDeadline))
    daemon.process().signal(signal);
}

Injected kill_one(Trial& trial, std::size_t number) {
  trial.daemons[number]->kill();
  return {trial.between(0, 100), [&trial, number] { trial.daemons[number]->start(); }};
}

// Kills it at a defined point: the server has replied to this command, but the daemon does not get the reply.
Injected kill_before_reply(Trial& trial, std::size_t number, test::Trigger trigger) {
  Daemon& daemon = *trial.daemons[number];
  daemon.proxy.add(trigger.hold_reply());
  (void)trial.push(trial.probe());
  let_pass(trial.between(5, 60));
  daemon.kill();
  return {0ms, [&trial, number] {
            trial.daemons[number]->proxy.heal();
            trial.daemons[number]->start();
          }};
}

// The script ran, but its reply never arrives.
Injected kill_between_script_and_answer(Trial& trial, std::size_t number) {
  return kill_before_reply(trial, number, test::settlement());
}

// The entries were sent, but the daemon never receives them.
Injected kill_between_read_and_entries(Trial& trial, std::size_t number) {
  return kill_before_reply(trial, number, test::Trigger::on("XREAD"));
}

Injected kill_all_repeatedly(Trial& trial, std::size_t /*daemon*/) {
  const std::size_t times = trial.random.number(2, 4);
  for (std::size_t i = 0; i < times; ++i) {
    for (const auto& daemon : trial.daemons) daemon->kill();
    for (const auto& daemon : trial.daemons) daemon->start();
    let_pass(trial.between(50, 300));
  }
  return {};
}

// SIGTERM or SIGINT: requests in flight are finished, and the exit status is 0.
Injected stop_in_good_order(Trial& trial, std::size_t number) {
  Daemon& daemon = *trial.daemons[number];
  const int signal = trial.random.chance(50) ? SIGTERM : SIGINT;
  until_it_listens(daemon);
  daemon.expect_end();
  daemon.process().signal(signal);
  return {0ms, [&trial, number] {
            Daemon& stopped = *trial.daemons[number];
            const int status = stopped.process().wait(kDrainDeadline);
            if (status != 0 && !(status == 1 && trial.refusing()))
              trial.incident(stopped.name() + " got SIGTERM or SIGINT and exited with " + std::to_string(status));
            stopped.start();
          }};
}

Injected stop_twice(Trial& trial, std::size_t number) {
  Daemon& daemon = *trial.daemons[number];
  until_it_listens(daemon);
  daemon.expect_end();
  daemon.process().signal(SIGTERM);
  let_pass(60ms);  // closer signals count as one
  daemon.process().signal(SIGTERM);
  return {0ms, [&trial, number] {
            Daemon& stopped = *trial.daemons[number];
            const int status = stopped.process().wait(kDrainDeadline);
            // 0 if it had finished before the second signal.
            if (status > 1)
              trial.incident(stopped.name() + " got two signals and exited with " + std::to_string(status));
            stopped.start();
          }};
}

// A twentieth of a CPU: it runs for 2 ms, then sleeps for 38.
Injected starve(Trial& trial, std::size_t number) {
  test::Process& process = trial.daemons[number]->process();
  (void)setpriority(PRIO_PROCESS, static_cast<id_t>(process.pid()),
                    19);  // if refused, the pauses alone starve it
  for (int i = 0; i < 20; ++i) {
    process.pause();
    let_pass(38ms);
    process.resume();
    let_pass(2ms);
  }
  return {0ms, [&trial, number] {
            // Only a new process gets the old priority back: raising it needs a privilege.
            Daemon& daemon = *trial.daemons[number];
            if (setpriority(PRIO_PROCESS, static_cast<id_t>(daemon.process().pid()), 0) == 0) return;
            daemon.kill();
            daemon.start();
          }};
}

// A limit at its current memory, and a burst of large requests. If it dies of that, it is restarted.
Injected no_more_memory(Trial& trial, std::size_t number) {
  Daemon& daemon = *trial.daemons[number];
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
    Order order = trial.probe();
    order.customer = std::string(120, 'c');
    order.entry = {{"padding", std::string(50'000, 'x')}};
    order.malformed = false;
    Order flat = order;
    write_entry(flat, Form::kFlat);
    order.entry.insert(order.entry.end(), flat.entry.begin(), flat.entry.end());
    large.push_back(std::move(order));
  }
  (void)trial.push(large);
  return {trial.between(100, 400), [&trial, number] {
            Daemon& tried = *trial.daemons[number];
            if (tried.running()) {
              const rlimit none{RLIM_INFINITY, RLIM_INFINITY};
              (void)prlimit(tried.process().pid(), RLIMIT_AS, &none,
                            nullptr);  // it may have exited: it is started below
              let_pass(1ms);
            }
            tried.kill();
            tried.start();
          }};
}

// A limit at its current file descriptors, while its connections are closed.
Injected no_more_files(Trial& trial, std::size_t number) {
  Daemon& daemon = *trial.daemons[number];
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
  return {trial.between(50, 400), [&trial, number] {
            const rlimit many{1024, 4096};
            (void)prlimit(trial.daemons[number]->process().pid(), RLIMIT_NOFILE, &many,
                          nullptr);  // a failure shows as a missing recovery
          }};
}

// Its log cannot be written, and it logs a lot: its connections are closed again and again.
Injected log_disk_full(Trial& trial, std::size_t number) {
  Daemon& daemon = *trial.daemons[number];
  daemon.kill();
  daemon.start(Daemon::Log::kFull);
  for (int i = 0; i < 5; ++i) {
    let_pass(trial.between(20, 60));
    daemon.proxy.reset();
  }
  return {trial.between(50, 200), [&trial, number] {
            Daemon& silent = *trial.daemons[number];
            if (!silent.running() && !trial.refusing())
              trial.incident(silent.name() + " exited because its log could not be written");
            silent.kill();
            silent.start();
          }};
}

// Its log is a full pipe that is never read: it must still work, and stop on SIGTERM.
Injected log_stalled(Trial& trial, std::size_t number) {
  Daemon& daemon = *trial.daemons[number];
  daemon.kill();
  daemon.proxy.reset();  // drops what the old process sent
  const uint64_t calls = daemon.calls();
  daemon.start(Daemon::Log::kStalled);
  // The last calls of the old process may be counted late.
  const auto serves = [&] { return daemon.calls() > calls && handles_signals(daemon.process().pid()); };
  const bool works =
      test::poll_until([&] { return !daemon.running() || serves(); }, kDrainDeadline) && daemon.running();
  daemon.proxy.reset();
  const pid_t pid = daemon.process().pid();
  return {trial.between(50, 400), [&trial, number, works, pid] {
            Daemon& stalled = *trial.daemons[number];
            const bool same = stalled.process().pid() == pid;  // else another fault restarted it
            stalled.expect_end();
            tell(stalled, SIGTERM);
            try {
              const int status = stalled.process().wait(kDrainDeadline);
              if (works && same && status != 0 && !(status == 1 && trial.refusing()))
                trial.incident(stalled.name() + " had a stalled log and exited with " + std::to_string(status));
            } catch (const std::runtime_error&) {
              trial.incident(stalled.name() + " has a stalled log and does not obey SIGTERM");
              stalled.kill();
            }
            stalled.start();
          }};
}

// One SIGHUP with a file that is unchanged, valid and new, or broken.
Injected reload(Trial& trial, std::size_t number) {
  Daemon& daemon = *trial.daemons[number];
  until_it_listens(daemon);
  static const char* const kAdditions[] = {"", "[retention]\norders = \"12h\"\n", "[retention]\norders = \"12\"\n",
                                           "this is no TOML", "[nonsense]\nkey = 1\n"};
  std::ofstream(daemon.settings_file()) << daemon.settings() << kAdditions[trial.random.number(5)];
  tell(daemon, SIGHUP);
  return {trial.between(0, 20), [&trial, number] {
            std::ofstream(trial.daemons[number]->settings_file()) << trial.daemons[number]->settings();
            tell(*trial.daemons[number], SIGHUP);
          }};
}

Injected kill_connections(Trial& trial, std::size_t /*daemon*/) {
  (void)trial.ask({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  return {};
}

Injected pause_writes(Trial& trial, std::size_t /*daemon*/) {
  const milliseconds time = trial.between(100, 900);
  (void)trial.ask({"CLIENT", "PAUSE", std::to_string(time.count()), "WRITE"});
  // The pause ends by the server's clock, which may be an hour ahead.
  return {time, [&trial] { (void)trial.ask({"CLIENT", "UNPAUSE"}); }};
}

// Each blocked read gets an error that says that it was unblocked. Never while writes are paused: that crashes
// Valkey 8.0.1.
Injected unblock_with_error(Trial& trial, std::size_t /*daemon*/) {
  const std::string clients = trial.ask({"CLIENT", "LIST", "TYPE", "normal"});
  for (std::size_t at = 0; (at = clients.find("id=", at)) != std::string::npos; at = clients.find('\n', at)) {
    const std::string id = clients.substr(at + 3, clients.find(' ', at) - at - 3);
    if (at == 0 || clients[at - 1] == '\n')
      (void)trial.call({"CLIENT", "UNBLOCK", id, "ERROR"});  // no effect if not blocked
  }
  return {};
}

}  // namespace

void add_process_faults(std::vector<Fault>& faults) {
  const auto daemon = [&](const char* id, const char* name, Injected (*inject)(Trial&, std::size_t)) {
    faults.push_back({id, name, Touches::kDaemon, "", Kind::kAnywhere, inject});
  };
  const auto server = [&](const char* id, const char* name, const char* part, Injected (*inject)(Trial&, std::size_t)) {
    faults.push_back({id, name, Touches::kServerState, part, Kind::kAnywhere, inject});
  };
  daemon("P1", "kill -9 of a daemon at any moment", kill_one);
  daemon("P1", "kill -9 between the script and its reply", kill_between_script_and_answer);
  daemon("P1", "kill -9 between a read and its entries", kill_between_read_and_entries);
  faults.push_back({"P2", "kill -9 of all daemons, again and again", Touches::kAllDaemons, "", Kind::kAnywhere,
                    kill_all_repeatedly});
  daemon("P3", "SIGTERM or SIGINT under load", stop_in_good_order);
  daemon("P3", "a second SIGTERM", stop_twice);
  daemon("P5", "a twentieth of a CPU", starve);
  daemon("P6", "no more memory, and large requests", no_more_memory);
  daemon("P7", "no more file descriptors", no_more_files);
  daemon("P7", "a log that cannot be written", log_disk_full);
  daemon("P7", "a log pipe that is not read", log_stalled);
  daemon("P8", "SIGHUP with a valid, a broken or the same file", reload);
  server("P11", "CLIENT KILL of all connections", "connections", kill_connections);
  server("P11", "CLIENT PAUSE WRITE", "connections", pause_writes);
  server("P11", "CLIENT UNBLOCK ERROR of every reader", "connections", unblock_with_error);
}

}  // namespace orderd::chaos
