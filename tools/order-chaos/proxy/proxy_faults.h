// The faults of a fault proxy, as values that are copied freely, and what a proxy keeps of them. See fault_proxy.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace orderd::test {

enum class Direction { kToServer, kToClient };

// For each direction of each connection: one side is not read while more bytes are queued for the other. One read
// (64 KiB) may exceed it; a longer command is forwarded in parts.
inline constexpr std::size_t kProxyQueueMax = std::size_t{1} << 20U;

// How one direction of every connection carries bytes. Bytes are never reordered.
struct LinkFaults {
  enum class Flow {
    kFlows,
    // Nothing is delivered; what was sent is delivered when the flow resumes, as TCP retransmits. If the client closed
    // the connection meanwhile, its bytes are still delivered; if it was reset, they are not.
    kHeld,
    // Bytes are lost, and so is everything after them: a connection that lost one byte stays silent in this direction
    // until it ends, even when the flow is restored. EOF is lost too: the other side keeps its half.
    kBlackHole,
  };
  std::chrono::milliseconds latency{0};
  std::chrono::milliseconds jitter{0};  // adds 0 to this much
  std::size_t slice_max = 0;            // slices of 1 to this many bytes, one per loop turn; 0: off
  uint64_t bytes_per_second = 0;        // 0: without limit
  Flow flow = Flow::kFlows;
  bool operator==(const LinkFaults&) const = default;
};

// What happens to a client that connects.
enum class Door {
  kOpen,
  kSilent,   // accepted, no replies; served when the door is open again
  kRefused,  // not listening; the port stays reserved
};

// A fault that a command fires. It counts commands as the proxy reads them, over all connections; a command fires the
// newest matching trigger that is not used up.
//
//   settlement().after(2).swallow_reply()                   the third from now is settled, its reply lost; then a reset
//   Trigger::on("XREAD").cut_reply_after_entries(100)       the next reply of at least 100 entries
//   settlement().hold_reply()                               …  proxy.release(id)
//   Trigger::on("XREAD").lose_command().then(Trigger::Then::kSilence)
//
// Set exactly one fault.
struct Trigger {
  enum class What {
    kNothing,          // only counts
    kLoseCommand,      // it and everything after it do not reach the server
    kSwallowReply,     // the server executes it; the client gets no byte of the reply
    kCutAfterEntries,  // the reply (of XREAD) ends after an entry
    kCutAfterBytes,    // the reply ends after a byte
    kHoldReply,        // the reply and all after it wait for release()
    kReplaceReply,     // other bytes instead
  };
  // What happens to the connection where its bytes end. A held or replaced reply uses kNothing.
  enum class Then { kReset, kClose, kSilence, kNothing };

  // `first`: the command's first words, ignoring case, such as "EVALSHA" or "SCRIPT LOAD".
  [[nodiscard]] static Trigger on(std::string_view first) {
    Trigger trigger;
    trigger.first = first;
    return trigger;
  }

  // Only commands with this word among their first 16; skip the next `count`; fire this many times (default 1).
  Trigger& with(std::string_view text) { return word = text, *this; }
  Trigger& after(uint64_t count) { return skipped = count, *this; }
  Trigger& times(uint64_t count) { return times_max = count, *this; }
  Trigger& always() { return times(UINT64_MAX); }

  Trigger& lose_command() { return fault(What::kLoseCommand, Then::kReset); }
  Trigger& swallow_reply() { return fault(What::kSwallowReply, Then::kReset); }
  // Fires at a reply that is long enough: shorter ones pass and are not counted. At least 1.
  Trigger& cut_reply_after_entries(std::size_t entries) { return fault(What::kCutAfterEntries, Then::kReset, entries); }
  // The same in bytes. At least 1.
  Trigger& cut_reply_after_bytes(std::size_t bytes) { return fault(What::kCutAfterBytes, Then::kReset, bytes); }
  Trigger& hold_reply() { return fault(What::kHoldReply, Then::kNothing); }
  Trigger& replace_reply(std::string bytes) {
    replacement = std::move(bytes);
    return fault(What::kReplaceReply, Then::kNothing);
  }

  // Call it after the fault. A swallowed or cut reply cannot use kNothing: later replies would answer the wrong
  // commands. FaultProxy::add() refuses it.
  Trigger& then(Then end) { return ending = end, *this; }

  // A reply may turn out too short to be cut.
  [[nodiscard]] bool cuts() const { return what == What::kCutAfterEntries || what == What::kCutAfterBytes; }

  std::string first;
  std::string word;
  uint64_t skipped = 0;
  uint64_t times_max = 1;
  What what = What::kNothing;
  Then ending = Then::kNothing;
  std::size_t limit = 0;
  std::string replacement;

 private:
  Trigger& fault(What kind, Then end, std::size_t its_limit = 0) {
    what = kind;
    ending = end;
    limit = its_limit;
    return *this;
  }
};

// A call of lua/settle.lua for the stream 'orders': only these name the dead letters.
[[nodiscard]] inline Trigger settlement() {
  return Trigger::on("EVALSHA").with("orders:dead");
}

struct ProxyStats {
  uint64_t accepted = 0;         // connections so far, silent ones too
  uint64_t open = 0;             // open now
  uint64_t upstream_failed = 0;  // clients closed because the server was down
  uint64_t bytes_to_server = 0;  // delivered
  uint64_t bytes_to_client = 0;
  uint64_t bytes_lost = 0;  // swallowed, cut off, black-holed
  uint64_t queued = 0;      // bytes in the proxy now; below, the most ever on one connection
  uint64_t queued_peak = 0;
  // How often each fault was injected: reset, close, half_close, inject, silence, lose_command, swallow_reply,
  // cut_reply, hold_reply, replace_reply, refuse, silent_door, flap, held, black_hole, slow (latency, slices or
  // bandwidth).
  std::map<std::string, uint64_t> played;
};

// A trigger that was added to a proxy.
struct ArmedTrigger {
  Trigger trigger;
  uint64_t passed = 0;    // matching commands that it has skipped
  uint64_t taken = 0;     // commands that it was chosen for
  uint64_t fired = 0;     // faults
  bool off = false;       // it does not fire again
  bool released = false;  // it holds no reply
  // Whether it can fire once more. Several commands may be candidates for one cut.
  [[nodiscard]] bool live() const { return !off && (trigger.cuts() ? fired : taken) < trigger.times_max; }
};

// What the connections of a proxy share: the faults in force, the triggers and the counters. Only its thread may touch
// it. The functions are in proxy_follower.cpp.
struct ProxyState {
  explicit ProxyState(uint64_t seed) : engine(seed) {}

  [[nodiscard]] LinkFaults& faults(Direction direction) {
    return direction == Direction::kToServer ? to_server : to_client;
  }
  [[nodiscard]] uint64_t random(uint64_t below) { return engine() % below; }
  // Counts a command. Returns the trigger that it fires; null: none.
  [[nodiscard]] ArmedTrigger* take(const std::vector<std::string>& words);
  void fire(ArmedTrigger& trigger, const char* kind);

  LinkFaults to_server;
  LinkFaults to_client;
  std::deque<ArmedTrigger> triggers;         // the deque keeps their addresses
  std::map<std::string, uint64_t> commands;  // by first word
  ProxyStats counted;
  std::mt19937_64 engine;
};

[[nodiscard]] std::string in_capitals(std::string_view text);
// Whether `command`, words joined by spaces, begins with these words, ignoring case.
[[nodiscard]] bool begins_with_words(std::string_view command, std::string_view first);

}  // namespace orderd::test
