// Recovery is the time from healing to the result of a probe request pushed right after it. The probe waits behind the
// whole backlog, as a real order does.
#include <algorithm>

#include "order-chaos/fault.h"
#include "support/wait_for.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr auto kRecoveryDeadline = 30s;
constexpr auto kDrainDeadline = 90s;
constexpr auto kHealDeadline = 60s;
constexpr std::size_t kActiveMax = 4;

// The end of each daemon's log.
std::string logs(const Trial& trial) {
  constexpr std::size_t kLogEnd = 800;  // bytes of each
  std::string all;
  for (const auto& daemon : trial.daemons) all += "\n" + daemon->name() + ": " + daemon->log(kLogEnd);
  return all;
}

std::string words_of(const Fault& fault) {
  return fault.id + " " + fault.name;
}

bool of_state(Touches touches) {
  return touches >= Touches::kEverything;
}

bool of_one_daemon(const Fault& fault) {
  return fault.touches == Touches::kDaemon || fault.touches == Touches::kProxy;
}

struct Active {
  const Fault* fault = nullptr;
  Daemon* daemon = nullptr;
  Clock::time_point due;
  std::function<void()> heal;

  [[nodiscard]] bool of_process() const { return fault->touches == Touches::kProcess; }
  // Whether the other fault may be injected too.
  [[nodiscard]] bool allows(const Fault& other, const Daemon& its_daemon) const {
    const Touches a = fault->touches, b = other.touches;
    const auto either = [&](Touches touches) { return a == touches || b == touches; };
    if (of_state(a) && of_state(b)) return a != b && !either(Touches::kEverything);
    // Faults of daemons may push requests while they are injected, which needs a server that replies.
    if (either(Touches::kProcess)) return either(Touches::kProxy);
    if (of_state(a) || of_state(b)) return true;
    // Faults of a daemon use its proxy too, and heal it.
    if (a == b && a != Touches::kAllDaemons) return daemon != &its_daemon;
    return either(Touches::kProxy) && daemon != &its_daemon;
  }
};

class Schedule {
 public:
  explicit Schedule(Trial& trial) : trial_(trial) {}

  [[nodiscard]] bool may_inject(const Fault& fault, const Daemon& daemon) const {
    return !fault.needs.alone && active_.size() < kActiveMax &&
           std::all_of(active_.begin(), active_.end(), [&](const Active& one) { return one.allows(fault, daemon); });
  }

  [[nodiscard]] bool server_is_out() const {
    return std::any_of(active_.begin(), active_.end(), [](const Active& one) { return one.of_process(); });
  }

  // When it is due to be healed: now, if it could not be injected.
  Clock::time_point inject(const Fault& fault, Daemon& daemon) {
    trial_.note("inject " + words_of(fault) + " on " + daemon.name());
    try {
      Injected injected = fault.inject(trial_, daemon);
      ++trial_.verdict.faults[words_of(fault)].injected;
      active_.push_back({&fault, &daemon, Clock::now() + injected.lasts, std::move(injected.heal)});
      return active_.back().due;
    } catch (const std::runtime_error& error) {
      trial_.skip(words_of(fault) + ": " + error.what());
      return Clock::now();
    }
  }

  void heal_due(bool all) {
    const auto lasts = [](const Active& one) { return one.due > Clock::now(); };
    const auto only_lasts = [&](const Active& one) { return !one.heal && lasts(one); };
    // Nothing to undo, but it must last for a while.
    if (all && std::any_of(active_.begin(), active_.end(), only_lasts)) let_pass(500ms);
    // The server's faults first: healing the others needs the server.
    std::stable_sort(active_.begin(), active_.end(),
                     [](const Active& a, const Active& b) { return a.of_process() > b.of_process(); });
    const auto due =
        std::stable_partition(active_.begin(), active_.end(), [&](const Active& one) { return !all && lasts(one); });
    std::for_each(due, active_.end(), [&](const Active& one) { heal(one); });
    active_.erase(due, active_.end());
  }

  // Waits until a probe has its result and, after a fault of one daemon, that daemon calls scripts again (it serves or
  // renews the lease). `fault` null: all faults together, whose recovery is not measured.
  void recover(const Fault* fault, Daemon& daemon) {
    const auto healed = Clock::now();
    const std::string what = fault == nullptr ? "all faults together" : words_of(*fault);
    const bool suffered = fault != nullptr && of_one_daemon(*fault);
    const uint64_t calls = daemon.calls();
    try {
      std::string request;
      const auto seen = [&] {
        trial_.supervise();
        if (request.empty()) {
          const Pushed pushed = trial_.push({trial_.probe()}).at(0);
          if (pushed.outcome == Outcome::kOk) request = pushed.entry.text();
        }
        if (request.empty() || !trial_.tailer->has(request)) return false;
        // Other daemons may have settled the probe.
        return !suffered || daemon.calls() > calls;
      };
      if (!test::poll_until(seen, kRecoveryDeadline))
        return trial_.incident("no recovery within 30 s from " + what + logs(trial_));
    } catch (const std::runtime_error& error) {
      return trial_.incident("recovering from " + what + ": " + error.what());
    }
    trial_.note("recovered");
    if (fault == nullptr) return;
    trial_.verdict.faults[words_of(*fault)].recovery.push_back(
        std::chrono::duration_cast<milliseconds>(Clock::now() - healed));
  }
  // To start from a healthy state, with a result to recover the position from; or after all faults together.
  void recover() { recover(nullptr, *trial_.daemons[0]); }

 private:
  void heal(const Active& active) {
    if (!active.heal) return;
    trial_.note("heal " + words_of(*active.fault));
    std::string problem;
    // Retries while the server is busy: a fault that is not healed would spoil the rest of the trial.
    const auto healed = [&] {
      try {
        active.heal();
        return true;
      } catch (const std::runtime_error& error) {
        problem = error.what();
        return false;
      }
    };
    if (!test::poll_until(healed, kHealDeadline))
      trial_.incident("healing " + words_of(*active.fault) + ": " + problem);
  }

  Trial& trial_;
  std::vector<Active> active_;
};

}  // namespace

void inject_alone(Trial& trial, const std::vector<Fault>& faults, std::size_t times, Clock::time_point end) {
  std::vector<const Fault*> order;
  for (std::size_t i = 0; i < times; ++i) {
    for (const Fault& fault : faults) order.push_back(&fault);
  }
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[trial.random.number(i)]);
  Schedule schedule(trial);
  schedule.recover();
  for (const Fault* fault : order) {
    if (Clock::now() >= end) return;
    Daemon& active = trial.busiest();  // most likely: each fault has its effect
    Daemon& daemon = of_one_daemon(*fault) && trial.random.chance(30) ? trial.another(active) : active;
    if (&daemon != &active) {  // a standby suffers before, while or after it takes over
      trial.note("kill " + active.name());
      active.kill();
      let_pass(trial.between(0, 900));  // the lease is 600 ms
    }
    const auto due = schedule.inject(*fault, daemon);
    if (due > Clock::now()) let_pass(std::chrono::duration_cast<milliseconds>(due - Clock::now()));
    schedule.heal_due(true);
    schedule.recover(fault, daemon);
    if (&daemon != &active) active.start();
  }
}

void inject_together(Trial& trial, const std::vector<Fault>& faults, milliseconds time) {
  Schedule schedule(trial);
  schedule.recover();
  const auto end = Clock::now() + time;
  while (Clock::now() < end) {
    schedule.heal_due(false);
    const Fault& fault = faults[trial.random.number(faults.size())];
    Daemon& busiest = trial.busiest();
    Daemon& daemon = trial.random.chance(60) ? busiest : *trial.daemons[trial.random.number(trial.daemons.size())];
    if (schedule.may_inject(fault, daemon)) schedule.inject(fault, daemon);
    let_pass(trial.between(5, 60));
    // A daemon that has exited may have to wait for the server.
    if (!schedule.server_is_out()) trial.supervise();
  }
  schedule.heal_due(true);
  schedule.recover();
}

void drain(Trial& trial) {
  trial.stop_producing();
  try {
    const auto settled = [&] {
      trial.supervise();
      return trial.settled();
    };
    if (test::poll_until(settled, kDrainDeadline)) return;
    const Words waiting = trial.run("return unsettled('orders')");
    trial.incident("not everything was settled within 90 s: " + std::to_string(waiting.size()) + " waiting from " +
                   (waiting.empty() ? "" : waiting[0]) + logs(trial));
  } catch (const std::runtime_error& error) {
    trial.incident(std::string("draining: ") + error.what());
  }
}

}  // namespace orderd::chaos
