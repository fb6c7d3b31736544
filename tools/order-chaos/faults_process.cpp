// P1 to P3, P8, P11: daemons are killed, stopped or reloaded, and administrators act on their connections. Limits of a
// process are in faults_limits.cpp, faults between daemons in faults_standby.cpp.
#include <csignal>
#include <fstream>

#include "order-chaos/fault.h"
#include "order-chaos/pace.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr auto kDrainDeadline = 10s;

Injected kill_one(Trial& trial, Daemon& daemon) {
  daemon.kill();
  return {trial.between(0, 100), [&daemon] { daemon.start(); }};
}

// Kills it at a defined point: the server has replied to this command, but the daemon does not get the reply.
Injected kill_before_reply(Trial& trial, Daemon& daemon, test::Trigger trigger) {
  daemon.proxy().add(trigger.hold_reply());
  (void)trial.push(trial.probe());
  let_pass(trial.between(5, 60));
  daemon.kill();
  return {0ms, [&daemon] {
            daemon.proxy().heal();
            daemon.start();
          }};
}

Injected kill_all_repeatedly(Trial& trial, Daemon& /*daemon*/) {
  const std::size_t times = trial.random.number(2, 4);
  for (std::size_t i = 0; i < times; ++i) {
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
            const int status = daemon.process().wait(kDrainDeadline);
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

Injected kill_connections(Trial& trial) {
  (void)trial.ask({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  return {};
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

}  // namespace

std::vector<Fault> process_faults() {
  const auto server = [](const char* name, OfServer inject) {
    return state_fault("P11", name, "connections", Kind::kAnywhere, std::move(inject));
  };
  return {
      daemon_fault("P1", "kill -9 of a daemon at any moment", kill_one),
      // The script ran, but its reply never arrives.
      daemon_fault("P1", "kill -9 between the script and its reply",
                   [](Trial& trial, Daemon& daemon) { return kill_before_reply(trial, daemon, test::settlement()); }),
      // The entries were sent, but the daemon never receives them.
      daemon_fault(
          "P1", "kill -9 between a read and its entries",
          [](Trial& trial, Daemon& daemon) { return kill_before_reply(trial, daemon, test::Trigger::on("XREAD")); }),
      daemon_fault("P2", "kill -9 of all daemons, again and again", kill_all_repeatedly, Touches::kAllDaemons),
      daemon_fault("P3", "SIGTERM or SIGINT under load",
                   [](Trial& trial, Daemon& daemon) {
                     return stop(trial, daemon, trial.random.chance(50) ? SIGTERM : SIGINT, false);
                   }),
      daemon_fault("P3", "a second SIGTERM",
                   [](Trial& trial, Daemon& daemon) { return stop(trial, daemon, SIGTERM, true); }),
      daemon_fault("P8", "SIGHUP with a valid, a broken or the same file", reload),
      server("CLIENT KILL of all connections", kill_connections),
      server("CLIENT PAUSE WRITE", pause_writes),
      server("CLIENT UNBLOCK ERROR of every reader", unblock_with_error),
  };
}

}  // namespace orderd::chaos
