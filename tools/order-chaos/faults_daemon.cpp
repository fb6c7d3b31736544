// P1 to P9, P11 to P13: daemons are killed, stopped, frozen or reloaded, lack CPU, memory, descriptors or a log, share
// a name, or another one takes over; administrators act on their connections.
#include <sys/resource.h>

#include <fstream>

#include "order-chaos/fault.h"
#include "support/wait_for.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;
using Kind::kAnywhere;
using std::chrono::milliseconds;
using Touches::kAllDaemons;
using Touches::kConnections;
using Touches::kDaemon;

constexpr auto kEndDeadline = 10s;
constexpr auto kTakeOverDeadline = 5s;

// Kills it at a defined point: the server has replied to this command, but the daemon does not get the reply.
Inject kill_before_reply(const test::Trigger& command) {
  return [command](Trial& trial, Daemon& daemon) -> Injected {
    daemon.proxy().arm(test::Trigger(command).hold_reply());
    (void)trial.push({trial.probe()});
    let_pass(trial.between(5, 60));
    daemon.kill();
    return {0ms, [&daemon] {
              daemon.proxy().heal();
              daemon.start();
            }};
  };
}

// After one signal requests in flight are finished, and the exit status is 0. After two it is 1, or 0 if it had
// finished before the second one.
Injected stop(Trial& trial, Daemon& daemon, int signal, bool twice) {
  daemon.until_it_listens();
  daemon.expect_end();
  daemon.process().signal(signal);
  if (twice) {
    let_pass(60ms);  // closer signals count as one
    daemon.process().signal(signal);
  }
  return {0ms, [&trial, &daemon, twice] {
            const int status = daemon.process().wait(kEndDeadline);
            if (status > 1 || (status == 1 && !twice && !trial.refusing()))
              trial.incident(daemon.name() + (twice ? " got two signals" : " got SIGTERM or SIGINT") +
                             " and exited with " + std::to_string(status));
            daemon.start();
          }};
}

// One SIGHUP with a file that is unchanged, valid and new, or broken.
Injected reload(Trial& trial, Daemon& daemon) {
  daemon.until_it_listens();
  static const char* const kAdditions[] = {"", "[log]\nlevel = \"debug\"\n", "[log]\nlevel = \"12\"\n",
                                           "this is no TOML", "[nonsense]\nkey = 1\n"};
  const auto load = [&daemon](const char* addition) {
    std::ofstream(daemon.settings_file()) << daemon.settings() << addition;
    daemon.tell(SIGHUP);
  };
  load(kAdditions[trial.random.number(5)]);
  return {trial.between(0, 20), [load] { load(""); }};
}

// A twentieth of a CPU: it runs for 2 ms, then sleeps for 38.
Injected starve(Trial& /*trial*/, Daemon& daemon) {
  const auto pid = static_cast<id_t>(daemon.process().pid());
  (void)setpriority(PRIO_PROCESS, pid, 19);  // if refused, the pauses alone starve it
  daemon.stutter(20, 38ms);
  return {0ms, [&daemon] {
            // Only a new process gets the old priority back: raising it needs a privilege.
            if (setpriority(PRIO_PROCESS, static_cast<id_t>(daemon.process().pid()), 0) == 0) return;
            daemon.restart();
          }};
}

// Throws if it was refused, or if the daemon has exited.
void limit(Daemon& daemon, __rlimit_resource resource, rlim_t soft, rlim_t hard) {
  const rlimit limit{soft, hard};
  if (prlimit(daemon.process().pid(), resource, &limit, nullptr) != 0)
    throw std::runtime_error("prlimit on the daemon was refused");
}

// A limit at its current memory, and a burst of large requests. It is restarted, as it may have died of that.
Injected no_more_memory(Trial& trial, Daemon& daemon) {
  daemon.until_it_listens();
  daemon.expect_end();
  std::ifstream statm("/proc/" + std::to_string(daemon.process().pid()) + "/statm");
  rlim_t pages = 0;
  if (!(statm >> pages)) throw std::runtime_error("the daemon has exited");
  limit(daemon, RLIMIT_AS, pages * 4096 + 64 * 1024, RLIM_INFINITY);
  std::vector<Order> large;
  for (int i = 0; i < 40; ++i) {
    Order order = trial.probe();
    order.customer = std::string(120, 'c');
    write_entry(order, Form::kFlat);
    order.entry.insert(order.entry.begin(), {"padding", std::string(50'000, 'x')});
    large.push_back(std::move(order));
  }
  (void)trial.push(large);
  return {trial.between(100, 400), [&daemon] { daemon.restart(); }};
}

// A limit at its current file descriptors, while its connections are closed.
Injected no_more_files(Trial& trial, Daemon& daemon) {
  daemon.until_it_listens();
  std::error_code problem;
  const std::filesystem::directory_iterator files("/proc/" + std::to_string(daemon.process().pid()) + "/fd", problem);
  const auto open = static_cast<rlim_t>(std::distance(begin(files), end(files)));
  limit(daemon, RLIMIT_NOFILE, open > 2 ? open - 2 : 3, 4096);
  daemon.proxy().reset();
  return {trial.between(50, 400), [&daemon] {
            if (daemon.running()) limit(daemon, RLIMIT_NOFILE, 1024, 4096);
          }};
}

// Its log cannot be written, and it logs a lot: its connections are closed again and again.
Injected log_disk_full(Trial& trial, Daemon& daemon) {
  daemon.restart(Daemon::Log::kFull);
  for (int i = 0; i < 5; ++i) {
    let_pass(trial.between(20, 60));
    daemon.proxy().reset();
  }
  return {trial.between(50, 200), [&trial, &daemon] {
            if (!daemon.running() && !trial.refusing())
              trial.incident(daemon.name() + " exited because its log could not be written");
            daemon.restart();
          }};
}

// Its log is a full pipe that is never read: it must still work, and stop on SIGTERM.
Injected log_stalled(Trial& trial, Daemon& daemon) {
  daemon.kill();
  daemon.proxy().reset();  // drops what the old process sent
  const uint64_t calls = daemon.calls();
  daemon.start(Daemon::Log::kStalled);
  // The last calls of the old process may be counted late.
  const auto serves = [&] { return daemon.calls() > calls && daemon.handles_signals(); };
  const bool works = test::poll_until([&] { return !daemon.running() || serves(); }, kEndDeadline) && daemon.running();
  daemon.proxy().reset();
  const pid_t pid = daemon.process().pid();
  return {trial.between(50, 400), [&trial, &daemon, works, pid] {
            const bool same = daemon.process().pid() == pid;  // else another fault restarted it
            daemon.expect_end();
            daemon.tell(SIGTERM);
            try {
              const int status = daemon.process().wait(kEndDeadline);
              if (works && same && status != 0 && !(status == 1 && trial.refusing()))
                trial.incident(daemon.name() + " had a stalled log and exited with " + std::to_string(status));
            } catch (const std::runtime_error&) {
              trial.incident(daemon.name() + " has a stalled log and does not obey SIGTERM");
              daemon.kill();
            }
            daemon.start();
          }};
}

// Each blocked read gets an error that says that it was unblocked. Never while writes are paused: that crashes
// Valkey 8.0.1.
Injected unblock_with_error(Trial& trial, Daemon& /*daemon*/) {
  std::istringstream clients(trial.ask({"CLIENT", "LIST", "TYPE", "normal"}));
  for (std::string line; std::getline(clients, line);)
    (void)trial.call({"CLIENT", "UNBLOCK", line.substr(3, line.find(' ') - 3), "ERROR"});  // no effect if not blocked
  return {};
}

// Frozen daemons, and those that were started to take over from them.
struct Sleepers {
  std::vector<test::Process*> asleep;
  std::vector<std::unique_ptr<Daemon>> guests;

  void wake(Trial& trial) {
    for (test::Process* process : std::exchange(asleep, {})) process->resume();
    let_pass(trial.between(0, 200));
    for (const auto& guest : guests) guest->process().signal(SIGTERM);
    for (const auto& guest : guests) {
      const int status = guest->process().wait(kEndDeadline);
      if (status == 0 || (status == 1 && trial.refusing())) continue;
      trial.incident(guest->name() + " got SIGTERM and exited with " + std::to_string(status) + "; its log ends:\n" +
                     guest->log());
    }
    guests.clear();
  }
};

// The active daemon freezes, another takes over and freezes too, a third takes over. Then both continue.
Injected asleep_across_two(Trial& trial, Daemon& daemon) {
  const auto sleepers = std::make_shared<Sleepers>();
  try {
    for (int times = 0; times < 2; ++times) {
      const std::string owner = trial.owner();
      test::Process* active = &trial.named(owner, daemon).process();
      for (const auto& guest : sleepers->guests) {
        if (guest->name() == owner) active = &guest->process();
      }
      active->pause();
      sleepers->asleep.push_back(active);
      if (sleepers->asleep.size() >= trial.daemons.size() + sleepers->guests.size())
        sleepers->guests.push_back(trial.make_daemon("guest-" + std::to_string(times)));
      const auto taken_over = [&] {
        const std::string now = trial.owner();
        return !now.empty() && now != owner;
      };
      if (!test::poll_until(taken_over, kTakeOverDeadline)) trial.note("no daemon took over from " + owner);
      let_pass(trial.between(0, 100));
    }
  } catch (const std::runtime_error&) {
    sleepers->wake(trial);
    throw;
  }
  return {trial.between(0, 300), [&trial, sleepers] { sleepers->wake(trial); }};
}

}  // namespace

const std::vector<Fault> kDaemonFaults = {
    {"P1", "kill -9 of a daemon at any moment", kDaemon, kAnywhere,
     [](Trial& trial, Daemon& daemon) -> Injected {
       daemon.kill();
       return {trial.between(0, 100), [&daemon] { daemon.start(); }};
     }},
    {"P1", "kill -9 between the script and its reply", kDaemon, kAnywhere, kill_before_reply(test::settlement())},
    {"P1", "kill -9 between a read and its entries", kDaemon, kAnywhere, kill_before_reply(test::Trigger::on("XREAD"))},
    {"P2", "kill -9 of all daemons, again and again", kAllDaemons, kAnywhere,
     [](Trial& trial, Daemon&) -> Injected {
       for (std::size_t times = trial.random.number(2, 4); times > 0; --times) {
         for (const auto& daemon : trial.daemons) daemon->kill();
         for (const auto& daemon : trial.daemons) daemon->start();
         let_pass(trial.between(50, 300));
       }
       return {};
     }},
    {"P3", "SIGTERM or SIGINT under load", kDaemon, kAnywhere,
     [](Trial& trial, Daemon& daemon) {
       return stop(trial, daemon, trial.random.chance(50) ? SIGTERM : SIGINT, false);
     }},
    {"P3", "a second SIGTERM", kDaemon, kAnywhere,
     [](Trial& trial, Daemon& daemon) { return stop(trial, daemon, SIGTERM, true); }},
    // It continues with its old state. The lease is 600 ms here.
    {"P4", "SIGSTOP for up to twice the lease", kDaemon, kAnywhere,
     [](Trial& trial, Daemon& daemon) -> Injected {
       daemon.process().pause();
       return {trial.between(100, 1500), [&daemon] { daemon.process().resume(); }};
     }},
    {"P5", "a twentieth of a CPU", kDaemon, kAnywhere, starve},
    {"P6", "no more memory, and large requests", kDaemon, kAnywhere, no_more_memory},
    {"P7", "no more file descriptors", kDaemon, kAnywhere, no_more_files},
    {"P7", "a log that cannot be written", kDaemon, kAnywhere, log_disk_full},
    {"P7", "a log pipe that is not read", kDaemon, kAnywhere, log_stalled},
    {"P8", "SIGHUP with a valid, a broken or the same file", kDaemon, kAnywhere, reload},
    {"P9", "a second daemon of the same name", kDaemon, kAnywhere,
     [](Trial& trial, Daemon& daemon) -> Injected {
       const Words argv = {trial.programs.orderd, "--config", daemon.settings_file()};
       return {trial.between(200, 1200), [&trial, second = std::make_shared<test::Process>(argv)] {
                 second->signal(trial.random.chance(50) ? SIGTERM : SIGKILL);
                 const int status = second->wait(kEndDeadline);
                 if (status <= 1 || status == 128 + SIGKILL || status == 128 + SIGTERM) return;
                 trial.incident("the second daemon exited with " + std::to_string(status) + second->errors());
               }};
     }},
    {"P11", "CLIENT KILL of all connections", kConnections, kAnywhere,
     command({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"})},
    {"P11", "CLIENT PAUSE WRITE", kConnections, kAnywhere,
     [](Trial& trial, Daemon&) -> Injected {
       const milliseconds time = trial.between(100, 900);
       (void)trial.ask({"CLIENT", "PAUSE", std::to_string(time.count()), "WRITE"});
       // The pause ends by the server's clock, which may be an hour ahead.
       return {time, [&trial] { (void)trial.ask({"CLIENT", "UNPAUSE"}); }};
     }},
    {"P11", "CLIENT UNBLOCK ERROR of every reader", kConnections, kAnywhere, unblock_with_error},
    {"P12", "frozen during two takeovers", kAllDaemons, kAnywhere, asleep_across_two},
    // It stays down until another has taken over, if there is one.
    {"P13", "kill -9 of the active daemon, and another takes over", kAllDaemons, kAnywhere,
     [](Trial& trial, Daemon& daemon) -> Injected {
       Daemon& active = trial.named(trial.owner(), daemon);
       active.kill();
       return {trial.between(800, 1500), [&active] { active.start(); }};
     }},
};

}  // namespace orderd::chaos
