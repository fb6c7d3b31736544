// What each trial has: real daemons, a random source, and lists of what happened.
#pragma once

#include <filesystem>
#include <map>

#include "order-chaos/daemon.h"
#include "support/seed.h"
#include "support/temporary_directory.h"

namespace orderd::chaos {

// Milliseconds since 1970.
[[nodiscard]] inline uint64_t wall_clock_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

// How often each fault was injected, and how long its recovery took. Keys: ID, tab, name.
struct Tally {
  std::map<std::string, uint64_t> injected;
  std::map<std::string, std::vector<std::chrono::milliseconds>> recovery;  // only of faults injected alone
  uint64_t total = 0;

  void add_injected(const std::string& key, uint64_t count = 1) {
    injected[key] += count;
    total += count;
  }
};

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
  void supervise() {
    for (const auto& daemon : daemons) {
      const auto what = daemon->surprise();
      if (what && refused(*what)) note("refused at its start: " + *what);
      if (what && !refused(*what)) incident(*what);
    }
  }
  // A broken promise.
  void incident(const std::string& what) {
    note("incident " + what);
    incidents.push_back(what);
  }
  // A skipped fault: the machine or another fault was in its way. Not a violation.
  void skip(const std::string& what) {
    note("skipped " + what);
    skipped.push_back(what);
  }
  // Adds a line with its time, to investigate a violation later.
  void note(const std::string& what) { notes.push_back(std::to_string(wall_clock_ms()) + " " + what); }
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

}  // namespace orderd::chaos
