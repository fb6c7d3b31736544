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

// `daemon`: the one to inject it into, if it touches one.
using Inject = std::function<Injected(Trial& trial, Daemon& daemon)>;

// What a fault touches. Two faults in progress never touch the same thing. A fault of the server's process excludes
// faults of the server's state, because healing those needs the server.
enum class Touches {
  kProcess,  // of the server
  kAllDaemons,
  kDaemon,
  kProxy,
  // The rest is the server's state.
  kEverything,
  kClock,
  kConnections,
  kDeadLetters,
  kGroup,
  kLoad,
  kOwner,
  kRecord,
  kResults,
  kRights,
  kScripts,
  kStock,
  kStream,
};

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
  Touches touches = Touches::kEverything;
  Kind kind = Kind::kAnywhere;
  Inject inject;
  Needs needs = {};
};

// A command to the server; errors do not matter.
[[nodiscard]] inline Inject command(const Words& words) {
  return [words](Trial& trial, Daemon&) {
    (void)trial.call(words);
    return Injected{};
  };
}

// All faults, sorted by ID.
[[nodiscard]] std::vector<Fault> all_faults();
// By topic; all_faults() combines them.
extern const std::vector<Fault> kDaemonFaults, kServerFaults, kCrashFaults, kStreamFaults, kKeyFaults, kNetworkFaults,
    kLoadFaults;

// The schedules of a trial; failures become its incidents.
// Injects each fault `times` times in an order drawn from the trial's seed, heals it and waits for recovery. Injects
// none after `end`. Of the faults of one daemon, a third hits a standby that must take over: the active one is killed.
void inject_alone(Trial& trial, const std::vector<Fault>& faults, std::size_t times,
                  std::chrono::steady_clock::time_point end);
// Injects random faults, many at a time, for `time`; then heals all and waits for recovery.
void inject_together(Trial& trial, const std::vector<Fault>& faults, std::chrono::milliseconds time);
// Stops the producers and waits until everything is settled.
void drain(Trial& trial);

}  // namespace orderd::chaos
