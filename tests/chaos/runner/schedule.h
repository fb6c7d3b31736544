// Injects faults into a trial: one at a time, with recovery measured, or many at a time.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "chaos/runner/fault.h"
#include "chaos/runner/trial.h"

namespace orderd::chaos {

struct Tally {
  std::map<std::string, uint64_t> injected;                                // key: ID, tab, name
  std::map<std::string, std::vector<std::chrono::milliseconds>> recovery;  // the same keys; only faults injected alone
  uint64_t total = 0;

  void add(const Tally& other);
  // The quantile `part` (0.99) of all recovery times; 0 if there are none.
  [[nodiscard]] std::chrono::milliseconds percentile(double part) const;
};

class Schedule {
 public:
  // `faults`: those that this trial allows. All three must outlive it.
  Schedule(Trial& trial, const std::vector<Fault>& faults, Tally& tally)
      : trial_(trial), faults_(faults), tally_(tally) {}

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
    std::size_t daemon = 0;
    std::chrono::steady_clock::time_point due;
    std::function<void()> heal;
  };

  // Does not throw: failures become incidents of the trial.
  void inject(const Fault& fault, std::size_t daemon, std::vector<Active>& active);
  void heal(Active& active);
  void heal_due(std::vector<Active>& active, bool all);
  [[nodiscard]] bool may_inject(const Fault& fault, std::size_t daemon, const std::vector<Active>& active) const;
  // Picks the active daemon more often than a standby.
  [[nodiscard]] std::size_t draw_daemon();
  // Waits until a probe has its result and, after a fault of one daemon, that daemon calls scripts again (it serves or
  // renews the lease). `fault` null: all faults together, whose recovery is not measured.
  void recover(const Fault* fault, std::size_t daemon);
  // The last `bytes` of each daemon's log.
  [[nodiscard]] std::string logs(std::size_t bytes) const;

  Trial& trial_;
  const std::vector<Fault>& faults_;
  Tally& tally_;
};

}  // namespace orderd::chaos
