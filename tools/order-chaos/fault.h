// A fault as the runner sees it: it is injected, lasts for a while and is healed. The IDs are those of
// docs/testing.md.
#pragma once

#include "order-chaos/trial.h"

namespace orderd::chaos {

// An injected fault. `heal` undoes it; empty if there is nothing to undo. It throws std::runtime_error on failure.
struct Injected {
  std::chrono::milliseconds lasts{0};
  std::function<void()> heal = {};
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
  // `daemon`: the one to inject it into, if any.
  std::function<Injected(Trial& trial, Daemon& daemon)> inject;
  Needs needs = {};
};

// Rows of the tables below: faults of the server's state, of its process, of a daemon.
using OfServer = std::function<Injected(Trial& trial)>;
using OfDaemon = std::function<Injected(Trial& trial, Daemon& daemon)>;
[[nodiscard]] inline OfDaemon whatever_daemon(OfServer inject) {
  return [inject = std::move(inject)](Trial& trial, Daemon&) { return inject(trial); };
}
[[nodiscard]] inline Fault state_fault(const char* id, const char* name, const char* part, Kind kind, OfServer inject,
                                       Needs needs = {}) {
  return {id, name, Touches::kServerState, part, kind, whatever_daemon(std::move(inject)), needs};
}
[[nodiscard]] inline Fault process_fault(const char* id, const char* name, Kind kind, OfServer inject) {
  return {id, name, Touches::kServerProcess, "", kind, whatever_daemon(std::move(inject))};
}
[[nodiscard]] inline Fault daemon_fault(const char* id, const char* name, OfDaemon inject,
                                        Touches touches = Touches::kDaemon, Kind kind = Kind::kAnywhere) {
  return {id, name, touches, "", kind, std::move(inject)};
}

// All faults, sorted by ID.
[[nodiscard]] std::vector<Fault> all_faults();
// By topic; all_faults() combines them.
[[nodiscard]] std::vector<Fault> process_faults();
[[nodiscard]] std::vector<Fault> limit_faults();
[[nodiscard]] std::vector<Fault> server_faults();
[[nodiscard]] std::vector<Fault> crash_faults();
[[nodiscard]] std::vector<Fault> stream_faults();
[[nodiscard]] std::vector<Fault> key_faults();
[[nodiscard]] std::vector<Fault> network_faults();
[[nodiscard]] std::vector<Fault> load_faults();

}  // namespace orderd::chaos
