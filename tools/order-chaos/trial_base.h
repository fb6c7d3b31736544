// What each trial has: real daemons, a random source, and what happened.
#pragma once

#include <filesystem>

#include "order-chaos/daemon.h"
#include "order-chaos/judge.h"
#include "support/seed.h"
#include "support/temporary_directory.h"

namespace orderd::chaos {

// Milliseconds since 1970.
[[nodiscard]] inline uint64_t wall_clock_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

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
  void incident(const std::string& what) {
    note("incident " + what);
    verdict.violations.push_back("incident: " + what);
  }
  // A skipped fault: the machine or another fault was in its way. Not a violation.
  void skip(const std::string& what) {
    note("skipped " + what);
    verdict.skipped.push_back(what);
  }
  // Adds a line with its time, to investigate a violation later.
  void note(const std::string& what) { notes.push_back(std::to_string(wall_clock_ms()) + " " + what); }
  // When everything is settled: stops the daemons, which may still trim, and judges each lane.
  void conclude();
  // What to judge at the end: one account for each lane.
  [[nodiscard]] virtual std::vector<Account> accounts() = 0;
  // The directories of its servers, which help to investigate a violation.
  [[nodiscard]] virtual std::vector<std::string> server_directories() = 0;

  const uint64_t seed;
  const Programs programs;
  test::TemporaryDirectory files;
  test::Random random;  // only for the runner's thread
  std::vector<std::unique_ptr<Daemon>> daemons;
  Verdict verdict;
  std::vector<std::string> notes;

 protected:
  // Whether a daemon may exit with 1 like this: the contract says so of one that starts while the server refuses it.
  [[nodiscard]] virtual bool refused(const std::string& exit) const = 0;
};

}  // namespace orderd::chaos
