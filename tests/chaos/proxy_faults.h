// The faults of a fault proxy, as values that are copied and compared freely. See fault_proxy.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

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
class Trigger {
 public:
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
  [[nodiscard]] static Trigger on(std::string_view first);

  // Only commands with this word among their first 16; skip the next `count`; fire this many times (default 1).
  Trigger& with(std::string_view word);
  Trigger& after(uint64_t count);
  Trigger& times(uint64_t count);
  Trigger& always() { return times(UINT64_MAX); }

  Trigger& lose_command() { return what(What::kLoseCommand, Then::kReset); }
  Trigger& swallow_reply() { return what(What::kSwallowReply, Then::kReset); }
  // Fires at a reply that is long enough: shorter ones pass and are not counted. At least 1.
  Trigger& cut_reply_after_entries(std::size_t entries) { return what(What::kCutAfterEntries, Then::kReset, entries); }
  // The same in bytes. At least 1.
  Trigger& cut_reply_after_bytes(std::size_t bytes) { return what(What::kCutAfterBytes, Then::kReset, bytes); }
  Trigger& hold_reply() { return what(What::kHoldReply, Then::kNothing); }
  Trigger& replace_reply(std::string bytes);

  // Call it after the fault. A swallowed or cut reply cannot use kNothing: later replies would answer the wrong
  // commands. FaultProxy::add() refuses it.
  Trigger& then(Then then);

  // For the proxy. check() throws std::invalid_argument if the faults make no sense.
  void check() const;
  [[nodiscard]] const std::string& first() const { return first_; }
  [[nodiscard]] const std::string& word() const { return word_; }
  [[nodiscard]] uint64_t after() const { return after_; }
  [[nodiscard]] uint64_t times() const { return times_; }
  [[nodiscard]] What what() const { return what_; }
  [[nodiscard]] Then then() const { return then_; }
  [[nodiscard]] std::size_t limit() const { return limit_; }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  Trigger& what(What what, Then then, std::size_t limit = 0);

  std::string first_;
  std::string word_;
  uint64_t after_ = 0;
  uint64_t times_ = 1;
  What what_ = What::kNothing;
  Then then_ = Then::kNothing;
  std::size_t limit_ = 0;
  std::string bytes_;
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

}  // namespace orderd::test
