// The faults of a fault proxy, as values that are copied freely, and what its connections share. See fault_proxy.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <random>
#include <string>

namespace orderd::test {

enum class Direction { kToServer, kToClient };

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
};

// What happens to a client that connects.
enum class Door {
  kOpen,
  kSilent,   // accepted, no replies; served when the door is open again
  kRefused,  // not listening; the port stays reserved
};

// A fault that one command fires, on any connection.
//
//   settlement().after(2).swallow_reply()              the third from now is settled, its reply lost; then a reset
//   Trigger::on("XREAD").cut_reply_after_entries(100)  the next reply of at least 100 entries
struct Trigger {
  enum class What {
    kLoseCommand,      // it and everything after it do not reach the server
    kSwallowReply,     // the server executes it; the client gets no byte of the reply
    kCutAfterEntries,  // the reply (of XREAD) ends after an entry; shorter replies pass
    kCutAfterBytes,    // the reply ends after a byte; shorter replies pass
    kHoldReply,        // the reply and all after it wait for heal()
  };
  // `first`: the command's first word, such as "EVALSHA".
  [[nodiscard]] static Trigger on(const char* first) { return {.first = first}; }
  // Skips this many such commands.
  Trigger& after(uint64_t count) { return skipped = count, *this; }
  Trigger& lose_command() { return what = What::kLoseCommand, *this; }
  Trigger& swallow_reply() { return what = What::kSwallowReply, *this; }
  Trigger& cut_reply_after_entries(std::size_t entries) {  // at least 1; so are bytes
    return what = What::kCutAfterEntries, limit = entries, *this;
  }
  Trigger& cut_reply_after_bytes(std::size_t bytes) { return what = What::kCutAfterBytes, limit = bytes, *this; }
  Trigger& hold_reply() { return what = What::kHoldReply, *this; }
  // Where its bytes end the connection is closed, not reset.
  Trigger& then_close() { return closes = true, *this; }

  [[nodiscard]] bool cuts() const { return what == What::kCutAfterEntries || what == What::kCutAfterBytes; }

  std::string first;
  std::string word = {};  // only commands with this word among their first ones; empty: all
  uint64_t skipped = 0;
  What what = What::kLoseCommand;
  bool closes = false;
  std::size_t limit = 0;
};

// A call of lua/settle.lua for the stream 'orders': only these name the dead letters.
[[nodiscard]] inline Trigger settlement() {
  return {.first = "EVALSHA", .word = "orders:dead"};
}

struct ProxyStats {
  uint64_t accepted = 0;    // connections so far, silent ones too
  uint64_t open = 0;        // open now
  uint64_t queued = 0;      // bytes in the proxy now
  uint64_t bytes_lost = 0;  // black-holed
};

// What the connections of a proxy share. Only its thread may touch it.
struct ProxyState {
  explicit ProxyState(uint64_t seed) : engine(seed) {}

  [[nodiscard]] LinkFaults& faults(Direction direction) {
    return direction == Direction::kToServer ? to_server : to_client;
  }
  [[nodiscard]] uint64_t random(uint64_t below) { return engine() % below; }
  // From now on this is the trigger; nothing held by the previous one stays held. Null: there is none.
  void arm(const Trigger* next) {
    ++armed;
    taken = next == nullptr;
    holds = next != nullptr && next->what == Trigger::What::kHoldReply;
    if (next == nullptr) return;
    trigger = *next;
    fired = false;
  }

  LinkFaults to_server;
  LinkFaults to_client;
  Trigger trigger;
  uint64_t armed = 1;  // a number for the current trigger
  bool taken = true;   // it chooses no more commands
  bool fired = false;
  bool holds = false;                        // held replies stay held
  std::map<std::string, uint64_t> commands;  // by first word
  ProxyStats counted;
  std::mt19937_64 engine;
};

}  // namespace orderd::test
