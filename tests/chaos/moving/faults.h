// The faults of a trial whose primaries move.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "chaos/moving/trial.h"

namespace orderd::chaos {

struct Fault {
  std::string name;
  bool heavy = false;  // on a server: the next one waits until this is healed and the lanes have recovered
  bool lossy = false;  // acknowledged writes may be lost: replication is asynchronous
  // Injects the fault, waits, heals it. Throws std::runtime_error if it cannot inject it; heals it anyway.
  std::function<void(Trial& trial)> play;
};

// The faults for these servers. `network`: can nodes be partitioned (network.h)?
[[nodiscard]] std::vector<Fault> faults_for(Servers servers, bool network);

// Until `time` is over, injects heavy faults one after the other and light ones all the time.
void play(Trial& trial, const std::vector<Fault>& faults, std::chrono::milliseconds time);

}  // namespace orderd::chaos
