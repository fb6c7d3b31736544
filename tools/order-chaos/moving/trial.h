// A trial whose primaries move: daemons that share four lanes, a producer for each lane, and faults.
#pragma once

#include "order-chaos/judge.h"
#include "order-chaos/moving/nodes.h"
#include "order-chaos/producer.h"
#include "order-chaos/trial_base.h"
#include "order/lanes.h"

namespace orderd::chaos {

// What must be true of one lane at the end of a trial, compared with the producer's record.
struct LaneVerdict {
  std::vector<std::string> wrong;  // one sentence each
  uint64_t lost = 0;               // acknowledged requests that are not in the stream
};

// `requests`, `results`: all entries of the lane's streams, in order. `acknowledged`: the order of each entry whose ID
// a producer received. Each request has one result, for the order that was pushed; results are in the order of their
// requests; no order is accepted twice.
[[nodiscard]] LaneVerdict check_lane(const std::vector<test::Entry>& requests, const std::vector<test::Entry>& results,
                                     const std::map<std::string, std::string>& acknowledged);

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

  // "{a}:orders"
  [[nodiscard]] std::string key(std::size_t lane, const std::string& what) const {
    return "{" + lanes.names()[lane] + "}:" + what;
  }
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
  // A daemon may exit if it starts while its password is changed.
  [[nodiscard]] bool refused(const std::string& exit) const override {
    return exit.find("WRONGPASS") != std::string::npos || exit.find("NOAUTH") != std::string::npos;
  }
  [[nodiscard]] uint64_t settled(std::size_t lane);
  [[nodiscard]] bool drained(std::size_t lane);
  void judge_lane(std::size_t lane, Verdict& verdict);

  std::vector<std::unique_ptr<Pusher>> pushers_;
};

}  // namespace orderd::chaos
