// P1 to P4, P8, P9, P11 to P13: daemons are killed, stopped, frozen, reloaded or have the same name, another one takes
// over, and administrators act on their connections. Limits of a process are in faults_limits.cpp.
#include <fstream>

#include "order-chaos/fault.h"
#include "support/wait_for.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr auto kEndDeadline = 10s;
constexpr auto kTakeOverDeadline = 5s;

// Killed, and started a while later.
Injected kill_for(Trial& trial, Daemon& daemon, std::size_t from_ms, std::size_t to_ms) {
  daemon.kill();
  return {trial.between(from_ms, to_ms), [&daemon] { daemon.start(); }};
}

// Kills it at a defined point: the server has replied to this command, but the daemon does not get the reply.
Injected kill_before_reply(Trial& trial, Daemon& daemon, test::Trigger trigger) {
  daemon.proxy().arm(trigger.hold_reply());
  (void)trial.push({trial.probe()});
  let_pass(trial.between(5, 60));
  daemon.kill();
  return {0ms, [&daemon] {
            daemon.proxy().heal();
            daemon.start();
          }};
}

Injected kill_all_repeatedly(Trial& trial, Daemon& /*daemon*/) {
  for (std::size_t times = trial.random.number(2, 4); times > 0; --times) {
    for (const auto& daemon : trial.daemons) daemon->kill();
    for (const auto& daemon : trial.daemons) daemon->start();
    let_pass(trial.between(50, 300));
  }
  return {};
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
  static const char* const kAdditions[] = {"", "[retention]\norders = \"12h\"\n", "[retention]\norders = \"12\"\n",
                                           "this is no TOML", "[nonsense]\nkey = 1\n"};
  std::ofstream(daemon.settings_file()) << daemon.settings() << kAdditions[trial.random.number(5)];
  daemon.tell(SIGHUP);
  return {trial.between(0, 20), [&daemon] {
            std::ofstream(daemon.settings_file()) << daemon.settings();
            daemon.tell(SIGHUP);
          }};
}

Injected pause_writes(Trial& trial) {
  const milliseconds time = trial.between(100, 900);
  (void)trial.ask({"CLIENT", "PAUSE", std::to_string(time.count()), "WRITE"});
  // The pause ends by the server's clock, which may be an hour ahead.
  return {time, [&trial] { (void)trial.ask({"CLIENT", "UNPAUSE"}); }};
}

// Each blocked read gets an error that says that it was unblocked. Never while writes are paused: that crashes
// Valkey 8.0.1.
Injected unblock_with_error(Trial& trial) {
  const std::string clients = trial.ask({"CLIENT", "LIST", "TYPE", "normal"});
  for (std::size_t at = 0; (at = clients.find("id=", at)) != std::string::npos; at = clients.find('\n', at)) {
    const std::string id = clients.substr(at + 3, clients.find(' ', at) - at - 3);
    if (at == 0 || clients[at - 1] == '\n')
      (void)trial.call({"CLIENT", "UNBLOCK", id, "ERROR"});  // no effect if not blocked
  }
  return {};
}

// A process that is frozen for longer than the lease (600 ms here) and then continues with its old state.
Injected sleep_a_while(Trial& trial, Daemon& daemon) {
  daemon.process().pause();
  return {trial.between(100, 1500), [&daemon] { daemon.process().resume(); }};
}

// Frozen daemons, and those that were started to take over from them.
struct Sleepers {
  std::vector<test::Process*> asleep;
  std::vector<std::unique_ptr<Daemon>> guests;

  void wake(Trial& trial) {
    for (test::Process* process : asleep) process->resume();
    asleep.clear();
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
      if (sleepers->asleep.size() >= trial.daemons.size() + sleepers->guests.size()) {
        sleepers->guests.push_back(trial.make_daemon("guest-" + std::to_string(times)));
      }
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

// Two daemons with one name.
Injected namesake(Trial& trial, Daemon& daemon) {
  const auto second = std::make_shared<test::Process>(Words{trial.programs.orderd, "--config", daemon.settings_file()});
  return {trial.between(200, 1200), [&trial, second] {
            second->signal(trial.random.chance(50) ? SIGTERM : SIGKILL);
            second->wait(kEndDeadline);
          }};
}

}  // namespace

std::vector<Fault> process_faults() {
  const auto kill_one = [](Trial& trial, Daemon& daemon) { return kill_for(trial, daemon, 0, 100); };
  // The script ran, but its reply never arrives.
  const auto kill_after_script = [](Trial& trial, Daemon& daemon) {
    return kill_before_reply(trial, daemon, test::settlement());
  };
  // The entries were sent, but the daemon never receives them.
  const auto kill_after_read = [](Trial& trial, Daemon& daemon) {
    return kill_before_reply(trial, daemon, test::Trigger::on("XREAD"));
  };
  const auto stop_once = [](Trial& trial, Daemon& daemon) {
    return stop(trial, daemon, trial.random.chance(50) ? SIGTERM : SIGINT, false);
  };
  const auto stop_twice = [](Trial& trial, Daemon& daemon) { return stop(trial, daemon, SIGTERM, true); };
  // It stays down until another has taken over, if there is one.
  const auto kill_active = [](Trial& trial, Daemon& daemon) {
    return kill_for(trial, trial.named(trial.owner(), daemon), 800, 1500);
  };
  const auto kill_connections = [](Trial& trial) {
    (void)trial.ask({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
    return Injected{};
  };
  const auto server = [](const char* name, OfServer inject) {
    return state_fault("P11", name, "connections", Kind::kAnywhere, std::move(inject));
  };
  return {
      daemon_fault("P1", "kill -9 of a daemon at any moment", kill_one),
      daemon_fault("P1", "kill -9 between the script and its reply", kill_after_script),
      daemon_fault("P1", "kill -9 between a read and its entries", kill_after_read),
      daemon_fault("P2", "kill -9 of all daemons, again and again", kill_all_repeatedly, Touches::kAllDaemons),
      daemon_fault("P3", "SIGTERM or SIGINT under load", stop_once),
      daemon_fault("P3", "a second SIGTERM", stop_twice),
      daemon_fault("P4", "SIGSTOP for up to twice the lease", sleep_a_while),
      daemon_fault("P8", "SIGHUP with a valid, a broken or the same file", reload),
      daemon_fault("P9", "a second daemon of the same name", namesake),
      server("CLIENT KILL of all connections", kill_connections),
      server("CLIENT PAUSE WRITE", pause_writes),
      server("CLIENT UNBLOCK ERROR of every reader", unblock_with_error),
      daemon_fault("P12", "frozen during two takeovers", asleep_across_two, Touches::kAllDaemons),
      daemon_fault("P13", "kill -9 of the active daemon, and another takes over", kill_active, Touches::kAllDaemons),
  };
}

}  // namespace orderd::chaos
