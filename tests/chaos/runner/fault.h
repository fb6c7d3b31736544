// What a fault is to the runner: something that is injected, lasts for a while and is healed. The IDs are those of
// docs/testing.md.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "chaos/runner/trial.h"

namespace orderd::chaos {

// A fault that has been injected. `heal` undoes it; empty where there is nothing to undo. It throws std::runtime_error
// where that fails.
struct Injected {
  std::chrono::milliseconds lasts{0};
  std::function<void()> heal;
};

// What a fault needs for itself. Two that are under way at a time never touch the same; a fault of the server's process
// goes with no fault of the server's state, because that one is healed by asking the server.
enum class Touches { kServerProcess, kServerState, kAllDaemons, kDaemon, kProxy };

// In which trials a fault may be injected.
enum class Kind {
  kAnywhere,
  kSafe,   // not where the server may lose data: it might forget that the fault was healed
  kLossy,  // the server loses data: only where the plan is lossy
};

// The least common needs of a fault.
struct Needs {
  bool alone = false;         // never among others: it stops the producers
  bool steady_clock = false;  // the stream's last ID may go down: with a clock that jumps, IDs would be given twice
};

struct Fault {
  std::string id;    // "V10"
  std::string name;  // what is done, in words
  Touches touches = Touches::kServerState;
  std::string part;  // of the server's state: two faults of the same part exclude each other; "everything": all parts
  Kind kind = Kind::kAnywhere;
  // `daemon`: the number of the one that is to suffer, where one is.
  std::function<Injected(Trial& trial, std::size_t daemon)> inject;
  Needs needs = {};
};

// All of them, in the order of their IDs.
[[nodiscard]] std::vector<Fault> all_faults();
// By theme; all_faults() puts them together.
void add_process_faults(std::vector<Fault>& faults);
void add_standby_faults(std::vector<Fault>& faults);
void add_server_faults(std::vector<Fault>& faults);
void add_crash_faults(std::vector<Fault>& faults);
void add_group_faults(std::vector<Fault>& faults);
void add_stream_faults(std::vector<Fault>& faults);
void add_absent_stream_faults(std::vector<Fault>& faults);
void add_position_faults(std::vector<Fault>& faults);
void add_key_faults(std::vector<Fault>& faults);
void add_rights_faults(std::vector<Fault>& faults);
void add_network_faults(std::vector<Fault>& faults);
void add_load_faults(std::vector<Fault>& faults);

}  // namespace orderd::chaos
