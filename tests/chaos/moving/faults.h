// The faults of a trial whose primaries move.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "chaos/moving/trial.h"

namespace orderd::chaos {

struct Fault {
  std::string name;
  bool heavy = false;  // of a server: all is healed, and recovered from, before the next one
  bool lossy = false;  // acknowledged writes may be lost: replication is asynchronous
  // Injects it, lasts for a while, heals. Throws std::runtime_error where it cannot; heals all the same.
  std::function<void(Trial& trial)> play;
};

// Those that go with these servers. `network`: may nodes be cut off from each other (network.h)?
[[nodiscard]] std::vector<Fault> faults_for(Servers servers, bool network);

// Plays heavy faults one after the other, and light ones all the time, until `time` is over.
void play(Trial& trial, const std::vector<Fault>& faults, std::chrono::milliseconds time);

}  // namespace orderd::chaos
