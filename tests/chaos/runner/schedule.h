// Injects faults into a trial: each alone, with its recovery measured, or many at a time.
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
  std::map<std::string, uint64_t> injected;  // by ID and name, tab between
  std::map<std::string, std::vector<std::chrono::milliseconds>>
      recovery;  // likewise; of faults that were injected alone
  uint64_t total = 0;

  void add(const Tally& other);
  // The share `part` (0.99) of all recoveries was as quick as this; 0 where there are none.
  [[nodiscard]] std::chrono::milliseconds percentile(double part) const;
};

class Schedule {
 public:
  // `faults`: those that may be injected into this trial. All three outlive it.
  Schedule(Trial& trial, const std::vector<Fault>& faults, Tally& tally)
      : trial_(trial), faults_(faults), tally_(tally) {}

  // Each fault `times` times in an order drawn by the trial's seed: injected, healed, recovered from. Stops early when
  // `enough` says so.
  void alone(std::size_t times, const std::function<bool()>& enough);
  // Faults at random, many at a time, for `time`; then all is healed and recovery is waited for.
  void together(std::chrono::milliseconds time);
  // No more orders; waits until all that was asked is settled. False: it never was, which is an incident.
  bool drain();

 private:
  struct Active {
    const Fault* fault = nullptr;
    std::size_t daemon = 0;
    std::chrono::steady_clock::time_point due;
    std::function<void()> heal;
  };

  // Throws nothing: what goes wrong is an incident of the trial.
  void inject(const Fault& fault, std::size_t daemon, std::vector<Active>& active);
  void heal(Active& active);
  void heal_due(std::vector<Active>& active, bool all);
  [[nodiscard]] bool may_inject(const Fault& fault, std::size_t daemon, const std::vector<Active>& active) const;
  // More often the one that serves than one that stands by.
  [[nodiscard]] std::size_t draw_daemon();
  // Waits until a probe that is pushed now has its result and, after a fault of one daemon, that one calls scripts
  // again: it serves, or looks after the lease. `fault` null: of all together, whose recovery is not measured.
  void recover(const Fault* fault, std::size_t daemon);
  // What the daemons have logged, the last `bytes` of each.
  [[nodiscard]] std::string logs(std::size_t bytes) const;

  Trial& trial_;
  const std::vector<Fault>& faults_;
  Tally& tally_;
};

}  // namespace orderd::chaos
