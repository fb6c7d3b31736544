// A trial whose primaries move: daemons that share four lanes, a producer for each lane, and faults.
#pragma once

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

  // "{a}:orders"
  [[nodiscard]] std::string key(std::size_t lane, const std::string& what) const {
    return "{" + lanes.names()[lane] + "}:" + what;
  }
  void write_password(const std::string& password);

  // Waits until each lane settles again, which is the recovery of the fault `after`. An incident if one never does.
  void recover(const std::string& after);
  // Stops the producers and waits until everything is settled.
  void drain();
  [[nodiscard]] std::vector<Account> accounts() override;
  [[nodiscard]] std::vector<std::string> server_directories() override;
  // A fault may have lost acknowledged writes: replication is asynchronous.
  void data_loss(const std::string& what) {
    for (const auto& pusher : pushers_) pusher->record.data_losses.push_back({{UINT64_MAX, UINT64_MAX}, true, what});
  }

 private:
  struct Pusher {
    Record record;
    Stock stock;
    std::unique_ptr<Producer> producer;
  };
  // A daemon may exit if it starts while its password is changed.
  [[nodiscard]] bool refused(const std::string& exit) const override {
    return exit.find("WRONGPASS") != std::string::npos || exit.find("NOAUTH") != std::string::npos;
  }
  [[nodiscard]] uint64_t settled(std::size_t lane);
  [[nodiscard]] bool drained(std::size_t lane);

  std::vector<std::unique_ptr<Pusher>> pushers_;
};

enum class Weight {
  kLight,  // injected all the time
  kHeavy,  // on a server: the next one waits until this is healed and the lanes have recovered
  kLossy,  // heavy, and acknowledged writes may be lost: replication is asynchronous
};

struct MovingFault {
  std::string name;
  Weight weight = Weight::kLight;
  // Injects the fault, waits, heals it. Throws std::runtime_error if it cannot inject it; heals it anyway.
  std::function<void(MovingTrial& trial)> play;
};

// Moves this process into its own network namespace, where nodes can be partitioned with nftables. False if it may not
// (it needs root) or nft is missing.
[[nodiscard]] bool own_network();

// The faults for these servers. `network`: can nodes be partitioned?
[[nodiscard]] std::vector<MovingFault> faults_for(Servers servers, bool network);

// Until `time` is over, injects heavy faults one after the other and light ones all the time.
void play(MovingTrial& trial, const std::vector<MovingFault>& faults, std::chrono::milliseconds time);

}  // namespace orderd::chaos
