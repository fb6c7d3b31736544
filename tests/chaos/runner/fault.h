// What a fault is to the runner: something that is played, lasts for a while and is healed. The rows are those of
// docs/faults.md.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "chaos/runner/world.h"

namespace orderd::chaos {

// A fault that has been played. `heal` makes all well again; empty where there is nothing to undo. It throws
// std::runtime_error where that fails.
struct Injury {
  std::chrono::milliseconds lasts{0};
  std::function<void()> heal;
};

// What a fault needs for itself. Two that are under way at a time never touch the same; a fault of the server's process
// goes with no fault of the server's state, because that one is healed by asking the server.
enum class Touches { kServerProcess, kServerState, kAllDaemons, kDaemon, kProxy };

// In which worlds a fault may be played.
enum class Kind {
  kAnywhere,
  kSafe,   // not where the server may forget: it might forget that the fault was healed
  kLossy,  // the server forgets: only where the plan is lossy
};

struct Fault {
  std::string row;   // "V10"
  std::string name;  // what is done, in words
  Touches touches = Touches::kServerState;
  std::string part;  // of the server's state: two faults of the same part exclude each other; "everything": all parts
  Kind kind = Kind::kAnywhere;
  // `daemon`: the number of the one that is to suffer, where one is.
  std::function<Injury(World& world, std::size_t daemon)> play;
};

// All of them, in the order of their rows.
[[nodiscard]] std::vector<Fault> all_faults();
// By theme; all_faults() puts them together.
void add_process_faults(std::vector<Fault>& faults);
void add_server_faults(std::vector<Fault>& faults);
void add_crash_faults(std::vector<Fault>& faults);
void add_state_faults(std::vector<Fault>& faults);
void add_network_faults(std::vector<Fault>& faults);
void add_load_faults(std::vector<Fault>& faults);

}  // namespace orderd::chaos
