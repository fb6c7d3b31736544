// Plays faults on a world: each alone, with its recovery measured, or many at a time.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "chaos/runner/fault.h"
#include "chaos/runner/world.h"

namespace orderd::chaos {

struct Tally {
  std::map<std::string, uint64_t> injected;                                // by row and name, tab between
  std::map<std::string, std::vector<std::chrono::milliseconds>> recovery;  // likewise; of faults that were played alone
  uint64_t total = 0;

  void add(const Tally& other);
  // The share `part` (0.99) of all recoveries was as quick as this; 0 where there are none.
  [[nodiscard]] std::chrono::milliseconds percentile(double part) const;
};

class Schedule {
 public:
  // `faults`: those that may be played in this world. All three outlive it.
  Schedule(World& world, const std::vector<Fault>& faults, Tally& tally)
      : world_(world), faults_(faults), tally_(tally) {}

  // Each fault `times` times in an order drawn by the world's seed: played, healed, recovered from. Stops early when
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

  // Throws nothing: what goes wrong is an incident of the world.
  void play(const Fault& fault, std::size_t daemon, std::vector<Active>& active);
  void heal(Active& active);
  void heal_due(std::vector<Active>& active, bool all);
  [[nodiscard]] bool may_play(const Fault& fault, std::size_t daemon, const std::vector<Active>& active) const;
  // Waits until a probe that is pushed now has its result and, after a fault of one daemon, that one reads again.
  // `fault` null: of all together, whose recovery is not measured.
  void recover(const Fault* fault, std::size_t daemon);
  // Has this daemon asked for entries within that time?
  [[nodiscard]] bool serves(std::size_t number, std::chrono::milliseconds within);

  World& world_;
  const std::vector<Fault>& faults_;
  Tally& tally_;
};

}  // namespace orderd::chaos
