// One trial: servers whose primaries move, daemons that share four lanes, a pusher for each lane, and faults.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "chaos/moving/nodes.h"
#include "chaos/moving/pusher.h"
#include "support/process.h"
#include "support/seed.h"
#include "support/temporary_directory.h"

namespace orderd::chaos {

struct Programs {
  std::string orderd;
  std::string orderctl;
};

struct Plan {
  uint64_t seed = 0;
  Servers servers = Servers::kCluster;
  bool tls = false;
  std::size_t daemons = 2;
};

class Trial {
 public:
  Trial(const Plan& plan, const Programs& programs);
  ~Trial();
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;

  Nodes nodes;
  test::Random random;
  // Faults injected, by name; faults skipped, and why; other problems.
  std::map<std::string, uint64_t> injected;
  std::vector<std::string> skipped;
  std::vector<std::string> incidents;
  std::vector<std::chrono::milliseconds> recoveries;
  bool lossy = false;  // a fault that can lose acknowledged writes was injected

  [[nodiscard]] std::size_t lanes() const;
  [[nodiscard]] std::string key(std::size_t lane, const std::string& what) const;  // "{a}:orders"
  [[nodiscard]] std::size_t daemons() const { return daemons_.size(); }
  [[nodiscard]] test::Process& daemon(std::size_t number) { return *daemons_[number].process; }
  void start_daemon(std::size_t number);
  void write_password(const std::string& password);

  // Waits until each lane settles again and records the time as a recovery. An incident if one never does.
  void recover(const std::string& after);
  // Restarts daemons that exited unexpectedly; each is an incident.
  void look_after_daemons();
  // Stops the pushers and waits until everything is settled.
  void drain();
  // Violations, one sentence each; empty: every promise was kept.
  [[nodiscard]] std::vector<std::string> judge();
  // For the report: entries, results, lost pushes, and how many lost requests the daemons reported.
  struct Counts {
    uint64_t pushed = 0, unknown = 0, results = 0, lost = 0, reported = 0;
  };
  [[nodiscard]] const Counts& counts() const { return counts_; }
  [[nodiscard]] std::string logs() const;

 private:
  struct Daemon {
    std::string settings;
    std::string past_log;
    std::unique_ptr<test::Process> process;
  };
  [[nodiscard]] uint64_t settled(std::size_t lane);
  void judge_one(std::size_t lane, std::vector<std::string>& wrong);
  void audit(std::size_t lane, std::vector<std::string>& wrong);

  Programs programs_;
  test::TemporaryDirectory files_;
  std::vector<Daemon> daemons_;
  std::vector<std::unique_ptr<Pusher>> pushers_;
  Counts counts_;
};

}  // namespace orderd::chaos
