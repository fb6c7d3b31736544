// What each trial has: real daemons, a random source, and lists of what happened.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "order-chaos/daemon.h"
#include "support/seed.h"
#include "support/temporary_directory.h"

namespace orderd::chaos {

// How often each fault was injected, and how long its recovery took. Keys: ID, tab, name.
struct Tally {
  std::map<std::string, uint64_t> injected;
  std::map<std::string, std::vector<std::chrono::milliseconds>> recovery;  // only of faults injected alone
  uint64_t total = 0;

  void add(const Tally& other);
  void injected_once(const std::string& key);
  // The quantile `part` (0.99) of all recovery times; 0 if there are none.
  [[nodiscard]] std::chrono::milliseconds percentile(double part) const;
};
[[nodiscard]] std::chrono::milliseconds percentile_of(std::vector<std::chrono::milliseconds> times, double part);

class TrialBase {
 public:
  TrialBase(uint64_t its_seed, Programs its_programs)
      : seed(its_seed), programs(std::move(its_programs)), random(seed) {}
  virtual ~TrialBase() = default;
  TrialBase(const TrialBase&) = delete;
  TrialBase& operator=(const TrialBase&) = delete;

  // A random duration from `first` to `last` milliseconds.
  [[nodiscard]] std::chrono::milliseconds between(std::size_t first, std::size_t last) {
    return std::chrono::milliseconds(random.number(first, last));
  }
  // Restarts daemons that exited unexpectedly; each is an incident, unless the server refused it.
  void supervise();
  // A broken promise.
  void incident(const std::string& what);
  // A skipped fault: the machine or another fault was in its way. Not a violation.
  void skip(const std::string& what);
  // Adds a line with its time, to investigate a violation later.
  void note(const std::string& what);
  // Writes what helps to investigate a violation.
  virtual void keep(const std::filesystem::path& /*place*/) {}

  const uint64_t seed;
  const Programs programs;
  test::TemporaryDirectory files;
  test::Random random;  // only for the runner's thread
  std::vector<std::unique_ptr<Daemon>> daemons;
  Tally tally;
  std::vector<std::string> incidents, skipped, notes;

 protected:
  // Whether a daemon may exit like this: the contract says so of one that starts while the server refuses it.
  [[nodiscard]] virtual bool refused(const std::string& exit) const = 0;
};

// Milliseconds since 1970.
[[nodiscard]] uint64_t wall_clock_ms();

}  // namespace orderd::chaos
