// What a fault proxy can be told to do: values, copied and compared freely. See fault_proxy.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace orderd::test {

enum class Direction { kToServer, kToClient };

// How one direction of every connection carries bytes. Bytes never overtake each other.
struct LinkFaults {
  enum class Flow {
    kFlows,
    // Nothing arrives; what was sent arrives once it flows again, as TCP would send it again. A connection that its
    // client has closed in good order meanwhile still delivers what it had sent; one that was reset does not.
    kHeld,
    // What is sent is lost, and so is everything behind it: a connection that has lost one byte stays silent in this
    // direction until it ends, even when the flow is set back. An end is lost, too: the other side keeps its half.
    kBlackHole,
  };
  std::chrono::milliseconds latency{0};
  std::chrono::milliseconds jitter{0};  // 0 to so much more
  std::size_t slice_max = 0;            // pieces of 1 to so many bytes, one in each turn of the loop; 0: not sliced
  uint64_t bytes_per_second = 0;        // 0: without limit
  Flow flow = Flow::kFlows;
  bool operator==(const LinkFaults&) const = default;
};

// What becomes of a client that connects.
enum class Door {
  kOpen,
  kSilent,   // it is let in and hears nothing; when the door opens again it is served
  kRefused,  // nobody listens; the port stays ours
};

// A fault that waits for a command. It counts commands as the proxy reads them, on all connections together; a command
// sets off the youngest trigger that matches it and is not used up.
//
//   settlement().after(2).swallow_reply()                   the third from now: settled, never heard of; then a reset
//   Trigger::on("XREAD").cut_reply_after_entries(100)       the next reply of at least 100 entries
//   settlement().hold_reply()                               …  proxy.release(id)
//   Trigger::on("XREAD").lose_command().then(Trigger::Then::kSilence)
//
// Exactly one of its faults must be named, the last one counts.
class Trigger {
 public:
  enum class What {
    kNothing,          // only counts
    kLoseCommand,      // does not reach the server, nor does anything behind it
    kSwallowReply,     // the server has carried it out; no byte of the reply reaches the client
    kCutAfterEntries,  // the reply (of XREAD's shape) ends after an entry
    kCutAfterBytes,    // the reply ends after a byte
    kHoldReply,        // the reply, and what follows it, waits for release()
    kReplaceReply,     // other bytes in its place
  };
  // What happens to the connection where its bytes end. For a held or replaced reply kNothing is meant.
  enum class Then { kReset, kClose, kSilence, kNothing };

  // `first`: the command's first words whatever their case, e.g. "EVALSHA" or "SCRIPT LOAD".
  [[nodiscard]] static Trigger on(std::string_view first);

  // Which: only those with such a word among their first 16; not the next `count`; so many times (1 where not said).
  Trigger& with(std::string_view word);
  Trigger& after(uint64_t count);
  Trigger& times(uint64_t count);
  Trigger& always() { return times(UINT64_MAX); }

  Trigger& lose_command() { return what(What::kLoseCommand, Then::kReset); }
  Trigger& swallow_reply() { return what(What::kSwallowReply, Then::kReset); }
  // Fires at a reply that is long enough: shorter ones pass and do not use it up. At least 1.
  Trigger& cut_reply_after_entries(std::size_t entries) { return what(What::kCutAfterEntries, Then::kReset, entries); }
  // The same, for bytes. At least 1.
  Trigger& cut_reply_after_bytes(std::size_t bytes) { return what(What::kCutAfterBytes, Then::kReset, bytes); }
  Trigger& hold_reply() { return what(What::kHoldReply, Then::kNothing); }
  Trigger& replace_reply(std::string bytes);

  // Say it behind the fault. A swallowed or cut reply cannot end with kNothing: all later replies would answer other
  // commands than their own. It is refused by FaultProxy::add().
  Trigger& then(Then then);

  // For the proxy. check() throws std::invalid_argument where the faults make no sense.
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

// A call of lua/settle.lua for the stream 'orders': the only one that names the dead letters.
[[nodiscard]] inline Trigger settlement() {
  return Trigger::on("EVALSHA").with("orders:dead");
}

struct ProxyStats {
  uint64_t accepted = 0;         // connections so far, silent ones too
  uint64_t standing = 0;         // of those, how many stand now
  uint64_t upstream_failed = 0;  // clients that were closed because the server was away
  uint64_t bytes_to_server = 0;  // delivered
  uint64_t bytes_to_client = 0;
  uint64_t bytes_lost = 0;  // swallowed, cut off, fallen into a black hole
  uint64_t queued = 0;      // bytes that wait in the proxy now, and the most that ever did on one connection
  uint64_t queued_peak = 0;
  // Faults played, by kind: reset, close, half_close, inject, silence, lose_command, swallow_reply, cut_reply,
  // hold_reply, replace_reply, refuse, silent_door, flap, held, black_hole, slow (latency, slices or bandwidth).
  std::map<std::string, uint64_t> played;
};

}  // namespace orderd::test
