// The faults of a trial whose primaries move.
#pragma once

#include "order-chaos/moving/trial.h"

namespace orderd::chaos {

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
