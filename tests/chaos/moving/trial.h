// One trial: servers whose primaries move, daemons that share four lanes of them, a pusher for each lane, and faults.
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
  // What was injected, by name; what could not be, and why; what went wrong besides.
  std::map<std::string, uint64_t> injected;
  std::vector<std::string> skipped;
  std::vector<std::string> incidents;
  std::vector<std::chrono::milliseconds> recoveries;
  bool lossy = false;  // a fault was injected that may cost acknowledged writes

  [[nodiscard]] std::size_t lanes() const;
  [[nodiscard]] std::string key(std::size_t lane, const std::string& what) const;  // "{a}:orders"
  [[nodiscard]] std::size_t daemons() const { return daemons_.size(); }
  [[nodiscard]] test::Process& daemon(std::size_t number) { return *daemons_[number].process; }
  void start_daemon(std::size_t number);
  void write_password(const std::string& password);

  // Waits until each lane settles again; the time it took is a recovery. An incident if it never does.
  void recover(const std::string& after);
  // A daemon that has ended although nobody ended it is an incident, and is started again.
  void look_after_daemons();
  // No more pushes; waits until everything is settled.
  void drain();
  // What is wrong, one sentence each; empty: every promise was kept.
  [[nodiscard]] std::vector<std::string> judge();
  // For the report: entries, results, lost pushes, and what the daemons have said of lost tails.
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
