// A trial whose primaries move: daemons that share four lanes, a producer for each lane, and faults.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "order-chaos/judge.h"
#include "order-chaos/moving/nodes.h"
#include "order-chaos/producer.h"
#include "order-chaos/trial_base.h"
#include "order/lanes.h"

namespace orderd::chaos {

struct MovingPlan {
  uint64_t seed = 0;
  Servers servers = Servers::kCluster;
  bool tls = false;
  std::size_t daemons = 2;
};

class MovingTrial : public TrialBase {
 public:
  MovingTrial(const MovingPlan& plan, const Programs& programs);

  const order::Lanes lanes;
  Nodes nodes;
  bool lossy = false;  // a fault that can lose acknowledged writes was injected

  [[nodiscard]] std::string key(std::size_t lane, const std::string& what) const;  // "{a}:orders"
  void write_password(const std::string& password);

  // Waits until each lane settles again, which is the recovery of the fault `after`. An incident if one never does.
  void recover(const std::string& after);
  // Stops the producers and waits until everything is settled.
  void drain();
  // Stops the daemons.
  [[nodiscard]] Verdict judge();

 private:
  struct Pusher {
    Record record;
    std::unique_ptr<Producer> producer;
  };
  [[nodiscard]] bool refused(const std::string& exit) const override;
  [[nodiscard]] uint64_t settled(std::size_t lane);
  [[nodiscard]] bool drained(std::size_t lane);
  void judge_lane(std::size_t lane, Verdict& verdict);
  void audit(std::size_t lane, Verdict& verdict);

  std::vector<std::unique_ptr<Pusher>> pushers_;
};

}  // namespace orderd::chaos
