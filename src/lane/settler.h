// The settling half of a lane: a preallocated table of slots, each one entry on its way through a script, and the order
// in which they are sent. What the server refuses for now is sent again, in the same order, once it may succeed.
//
//   kDown      no connection; the table is empty: what was in it is pending at the server and will be read again
//   kFlowing   entries are sent as they come
//   kStalling  something was refused: nothing is sent until every call in flight has its answer, or the order would be
//   lost kLoading   the scripts are being loaded again (NOSCRIPT) kHolding   waiting for a back-off to pass (out of
//   memory, busy, a key of the wrong type, …) kProbing   one entry was sent to see whether it works again
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lane/entry_id.h"
#include "lane/options.h"
#include "lane/scripts.h"
#include "lane/verdict.h"
#include "loop/loop.h"
#include "valkey/backoff.h"
#include "valkey/session.h"

namespace orderd::lane {

class Settler;

// One entry between its reading and its settlement.
struct Slot : valkey::Call {
  enum class State {
    kFree,
    kTaken,   // being filled
    kQueued,  // to be sent, or to be sent again
    kSent,
    kParked,  // the group was missing, or the entry gone: the lane finds out what became of it
  };
  Settler* owner = nullptr;
  State state = State::kFree;
  std::string request;  // the entry's id
  std::string order;    // the order's id; empty where none could be read
  valkey::Command command;
  std::size_t gate = 0;   // where the gate's byte stands in the command
  uint64_t since_ms = 0;  // when it was taken, or last refreshed at the server
};

class Settler {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    // A slot has become free, or sending goes on: a good time to read more.
    virtual void on_room() = 0;
    // Slots were parked: the group or the stream is missing.
    virtual void on_parked() = 0;
    // Refused for now, or well again (error.kind kNone).
    virtual void on_hold(const valkey::Error& error) = 0;
    // This server is not the right one any more.
    virtual void on_wrong_server(const valkey::Error& error) = 0;
  };

  Settler(Loop& loop, const Options& options, valkey::Session& session, Counters& counters, uint32_t seed,
          Listener& listener);
  Settler(const Settler&) = delete;
  Settler& operator=(const Settler&) = delete;

  // The session's state has changed.
  void on_up();
  void on_down();

  // A free slot, now kTaken, or null. Fill `request`, `command` and `gate`, then submit() it.
  [[nodiscard]] Slot* take();
  void submit(Slot& slot);
  // Of a parked slot: nothing has to be done for it any more.
  void release(Slot& slot);
  // Loads the scripts again before anything else is sent.
  void reload();

  [[nodiscard]] std::vector<Slot>& slots() { return slots_; }
  [[nodiscard]] std::size_t room() const { return free_.size(); }
  [[nodiscard]] std::size_t occupied() const { return slots_.size() - free_.size(); }
  // Bytes of the commands in the table.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  // The highest request that this lane has settled while it was pending.
  [[nodiscard]] EntryId highest() const { return highest_; }
  void set_highest(EntryId request) { highest_ = request; }
  [[nodiscard]] bool flowing() const { return phase_ == Phase::kFlowing; }

 private:
  enum class Phase { kDown, kFlowing, kStalling, kLoading, kHolding, kProbing };
  struct LoadCall : valkey::Call {
    Settler* owner = nullptr;
  };

  void pump();
  bool send_next();
  void on_reply(Slot& slot, const valkey::Reply& reply);
  void on_verdict(Slot& slot, Verdict verdict);
  void send_again(Slot& slot);
  void stall(const valkey::Error& error);
  void advance();
  void load_next();
  void on_loaded(const valkey::Reply& reply);
  void hold(const valkey::Error& error);
  void well();
  void free(Slot& slot);

  Loop& loop_;
  const Options& options_;
  valkey::Session& session_;
  Counters& counters_;
  Listener& listener_;
  valkey::Backoff backoff_;
  Timer timer_;
  Phase phase_ = Phase::kDown;
  std::vector<Slot> slots_;
  std::vector<Slot*> free_;
  // To be sent, first come first: a ring that is as large as the table.
  std::vector<Slot*> queue_;
  std::size_t queue_head_ = 0;
  std::size_t queue_size_ = 0;
  std::vector<Slot*> again_;  // refused, in the order of their sending
  std::size_t sent_ = 0;      // slots in flight
  std::size_t bytes_ = 0;
  bool must_load_ = false;
  bool just_loaded_ =
      false;            // nothing was settled since: should a script be missing again, loading alone does not help
  valkey::Error held_;  // kNone: nothing is wrong
  EntryId highest_;
  LoadCall load_;
  std::size_t loaded_ = 0;
};

}  // namespace orderd::lane
