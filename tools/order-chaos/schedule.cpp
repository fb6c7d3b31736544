// Recovery is the time from healing to the result of a probe request pushed right after it. The probe waits behind the
// whole backlog, as a real order does.
#include "order-chaos/schedule.h"

#include <algorithm>
#include <stdexcept>

#include "order-chaos/pace.h"
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
constexpr std::size_t kLogEnd = 800;  // bytes of each daemon's log in an incident

}  // namespace

void Schedule::inject(const Fault& fault, Daemon& daemon, std::vector<Active>& active) {
  trial_.note("inject " + fault.id + " " + fault.name + " on " + daemon.name());
  try {
    Injected injected = fault.inject(trial_, daemon);
    trial_.tally.injected_once(fault.id + "\t" + fault.name);
    active.push_back({&fault, &daemon, Clock::now() + injected.lasts, std::move(injected.heal)});
  } catch (const std::runtime_error& error) {
    trial_.skip(fault.id + ", " + fault.name + ": " + error.what());
  }
}

void Schedule::heal(Active& active) {
  if (!active.heal) return;
  trial_.note("heal " + active.fault->id + " " + active.fault->name);
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
  if (test::poll_until(healed, kHealDeadline)) return;
  trial_.incident("healing " + active.fault->id + ", " + active.fault->name + ": " + problem);
}

void Schedule::heal_due(std::vector<Active>& active, bool all) {
  if (all && std::any_of(active.begin(), active.end(),
                         [](const Active& one) { return !one.heal && one.due > Clock::now(); })) {
    // Nothing to undo, but it must last for a while.
    let_pass(500ms);
  }
  // The server's faults first: healing the others needs the server.
  std::stable_sort(active.begin(), active.end(), [](const Active& a, const Active& b) {
    return (a.fault->touches == Touches::kServerProcess) > (b.fault->touches == Touches::kServerProcess);
  });
  for (std::size_t i = 0; i < active.size();) {
    if (!all && active[i].due > Clock::now()) {
      ++i;
      continue;
    }
    heal(active[i]);
    active.erase(active.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

bool Schedule::may_inject(const Fault& fault, const Daemon& daemon, const std::vector<Active>& active) const {
  if (fault.needs.alone) return false;
  const auto of_server = [](Touches one) { return one == Touches::kServerProcess || one == Touches::kServerState; };
  const auto of_daemons = [](Touches one) { return one == Touches::kDaemon || one == Touches::kAllDaemons; };
  // Faults of a daemon use its proxy too, and heal it.
  const auto of_proxy = [&](Touches one) { return one == Touches::kProxy || of_daemons(one); };
  for (const Active& other : active) {
    const Touches a = fault.touches;
    const Touches b = other.fault->touches;
    const bool process = a == Touches::kServerProcess || b == Touches::kServerProcess;
    if (process && of_server(a) && of_server(b)) return false;
    // Some faults push requests while they are injected, which needs a server that replies.
    if (process && (of_daemons(a) || of_daemons(b))) return false;
    const bool same_part =
        fault.part == other.fault->part || fault.part == "everything" || other.fault->part == "everything";
    if (a == Touches::kServerState && b == a && same_part) return false;
    const bool same_daemon = &daemon == other.daemon;
    if (of_daemons(a) && of_daemons(b) && (a != b || a == Touches::kAllDaemons || same_daemon)) return false;
    if (of_proxy(a) && of_proxy(b) && same_daemon) return false;
  }
  return true;
}

Daemon& Schedule::draw_daemon() {
  Daemon& busiest = trial_.busiest();
  return trial_.random.chance(60) ? busiest : *trial_.daemons[trial_.random.number(trial_.daemons.size())];
}

std::string Schedule::logs() const {
  std::string all;
  for (const auto& daemon : trial_.daemons) all += "\n" + daemon->name() + ": " + tail_of(daemon->log(), kLogEnd);
  return all;
}

void Schedule::recover(const Fault* fault, Daemon& daemon) {
  const auto healed = Clock::now();
  const std::string what = fault == nullptr ? "all faults together" : fault->id + ", " + fault->name;
  const bool suffered = fault != nullptr && (fault->touches == Touches::kDaemon || fault->touches == Touches::kProxy);
  const uint64_t calls = daemon.calls();
  try {
    std::string request;
    const auto seen = [&] {
      trial_.supervise();
      if (request.empty()) {
        const Pushed pushed = trial_.push(trial_.probe());
        if (pushed.outcome == Outcome::kOk) request = pushed.entry.text();
      }
      if (request.empty() || !trial_.tailer->has(request)) return false;
      // Other daemons may have settled the probe.
      return !suffered || daemon.calls() > calls;
    };
    if (!test::poll_until(seen, kRecoveryDeadline))
      return trial_.incident("no recovery within 30 s from " + what + logs());
  } catch (const std::runtime_error& error) {
    return trial_.incident("recovering from " + what + ": " + error.what());
  }
  trial_.note("recovered");
  if (fault == nullptr) return;
  trial_.tally.recovery[fault->id + "\t" + fault->name].push_back(
      std::chrono::duration_cast<milliseconds>(Clock::now() - healed));
}

void Schedule::alone(std::size_t times, const std::function<bool()>& enough) {
  std::vector<const Fault*> order;
  for (std::size_t i = 0; i < times; ++i) {
    for (const Fault& fault : faults_) order.push_back(&fault);
  }
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[trial_.random.number(i)]);
  recover(nullptr, *trial_.daemons[0]);  // start from a healthy state
  for (const Fault* fault : order) {
    if (enough()) return;
    std::vector<Active> active;
    Daemon& daemon = draw_daemon();
    inject(*fault, daemon, active);
    if (!active.empty() && active[0].due > Clock::now())
      let_pass(std::chrono::duration_cast<milliseconds>(active[0].due - Clock::now()));
    heal_due(active, true);
    recover(fault, daemon);
  }
}

void Schedule::together(milliseconds time) {
  recover(nullptr, *trial_.daemons[0]);  // start from a healthy state, with a result to recover the position from
  const auto end = Clock::now() + time;
  std::vector<Active> active;
  while (Clock::now() < end) {
    heal_due(active, false);
    const Fault& fault = faults_[trial_.random.number(faults_.size())];
    Daemon& daemon = draw_daemon();
    if (active.size() < kActiveMax && may_inject(fault, daemon, active)) inject(fault, daemon, active);
    let_pass(milliseconds(trial_.random.number(5, 60)));
    if (std::none_of(active.begin(), active.end(),
                     [](const Active& one) { return one.fault->touches == Touches::kServerProcess; }))
      trial_.supervise();
  }
  heal_due(active, true);
  recover(nullptr, *trial_.daemons[0]);
}

bool Schedule::drain() {
  trial_.stop_producing();
  try {
    const auto settled = [&] {
      trial_.supervise();
      return trial_.settled();
    };
    if (test::poll_until(settled, kDrainDeadline)) return true;
    const auto waiting = trial_.run("return unsettled('orders')");
    trial_.incident("not everything was settled within 90 s: " + std::to_string(waiting.size()) + " waiting from " +
                    (waiting.empty() ? "" : waiting[0]) + logs());
  } catch (const std::runtime_error& error) {
    trial_.incident(std::string("draining: ") + error.what());
  }
  return false;
}

}  // namespace orderd::chaos
