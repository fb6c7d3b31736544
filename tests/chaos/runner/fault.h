// A fault as the runner sees it: it is injected, lasts for a while and is healed. The IDs are those of
// docs/testing.md.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "chaos/runner/trial.h"

namespace orderd::chaos {

// An injected fault. `heal` undoes it; empty if there is nothing to undo. It throws std::runtime_error on failure.
struct Injected {
  std::chrono::milliseconds lasts{0};
  std::function<void()> heal;
};

// What a fault touches. Two faults in progress never touch the same thing. A fault of the server's process excludes
// faults of the server's state, because healing those needs the server.
enum class Touches { kServerProcess, kServerState, kAllDaemons, kDaemon, kProxy };

// Which trials allow a fault.
enum class Kind {
  kAnywhere,
  kSafe,   // not if the server can lose data: it could lose the healing
  kLossy,  // loses data: only in lossy trials
};

// Restrictions that few faults have.
struct Needs {
  bool alone = false;         // never together with others: it stops the producers
  bool steady_clock = false;  // the stream's last ID may decrease: with clock jumps, IDs would repeat
};

struct Fault {
  std::string id;    // "V10"
  std::string name;  // what is done, in words
  Touches touches = Touches::kServerState;
  std::string part;  // of the server's state: faults of the same part exclude each other; "everything": all parts
  Kind kind = Kind::kAnywhere;
  // `daemon`: the number of the daemon to inject it into, if any.
  std::function<Injected(Trial& trial, std::size_t daemon)> inject;
  Needs needs = {};
};

// All faults, sorted by ID.
[[nodiscard]] std::vector<Fault> all_faults();
// By topic; all_faults() combines them.
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
