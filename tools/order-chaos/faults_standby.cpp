// P4, P9, P12, P13: daemons that take over from each other, stand by, freeze, or have the same name.
#include <csignal>
#include <memory>
#include <stdexcept>

#include "order-chaos/fault.h"
#include "order-chaos/pace.h"
#include "support/wait_for.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr auto kEndDeadline = 10s;
constexpr auto kTakeOverDeadline = 5s;

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

// The active daemon is killed and stays down until another has taken over, if there is one.
Injected kill_active(Trial& trial, Daemon& daemon) {
  Daemon& active = trial.named(trial.owner(), daemon);
  active.kill();
  return {trial.between(800, 1500), [&active] { active.start(); }};
}

// Two daemons with one name.
Injected namesake(Trial& trial, Daemon& daemon) {
  const auto second = std::make_shared<test::Process>(
      std::vector<std::string>{trial.programs.orderd, "--config", daemon.settings_file()});
  return {trial.between(200, 1200), [&trial, second] {
            second->signal(trial.random.chance(50) ? SIGTERM : SIGKILL);
            second->wait(kEndDeadline);
          }};
}

}  // namespace

std::vector<Fault> standby_faults() {
  return {
      daemon_fault("P4", "SIGSTOP for up to twice the lease", sleep_a_while),
      daemon_fault("P9", "a second daemon of the same name", namesake),
      daemon_fault("P12", "frozen during two takeovers", asleep_across_two, Touches::kAllDaemons),
      daemon_fault("P13", "kill -9 of the active daemon, and another takes over", kill_active, Touches::kAllDaemons),
  };
}

}  // namespace orderd::chaos
