// Injects faults into a trial: one at a time, with recovery measured, or many at a time.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "order-chaos/fault.h"
#include "order-chaos/trial.h"

namespace orderd::chaos {

class Schedule {
 public:
  // `faults`: those that this trial allows. Both must outlive it.
  Schedule(Trial& trial, const std::vector<Fault>& faults) : trial_(trial), faults_(faults) {}

  // Injects each fault `times` times in an order drawn from the trial's seed, heals it and waits for recovery. Stops
  // early when `enough` returns true.
  void alone(std::size_t times, const std::function<bool()>& enough);
  // Injects random faults, many at a time, for `time`; then heals all and waits for recovery.
  void together(std::chrono::milliseconds time);
  // Stops the producers and waits until everything is settled. False, with an incident, if that takes too long.
  bool drain();

 private:
  struct Active {
    const Fault* fault = nullptr;
    Daemon* daemon = nullptr;
    std::chrono::steady_clock::time_point due;
    std::function<void()> heal;
  };

  // Does not throw: failures become incidents of the trial.
  void inject(const Fault& fault, Daemon& daemon, std::vector<Active>& active);
  void heal(Active& active);
  void heal_due(std::vector<Active>& active, bool all);
  [[nodiscard]] bool may_inject(const Fault& fault, const Daemon& daemon, const std::vector<Active>& active) const;
  // Picks the active daemon more often than a standby.
  [[nodiscard]] Daemon& draw_daemon();
  // Waits until a probe has its result and, after a fault of one daemon, that daemon calls scripts again (it serves or
  // renews the lease). `fault` null: all faults together, whose recovery is not measured.
  void recover(const Fault* fault, Daemon& daemon);
  // The end of each daemon's log.
  [[nodiscard]] std::string logs() const;

  Trial& trial_;
  const std::vector<Fault>& faults_;
};

}  // namespace orderd::chaos
