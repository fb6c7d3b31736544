// One direction of one proxied connection: bytes read on one side are queued until delivered on the other, as the
// faults of the direction require. Marks between the bytes say what happens when everything before them is delivered.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "chaos/proxy_faults.h"
#include "loop/loop.h"

namespace orderd::test {

class ProxyCore;

class ProxyPipe {
 public:
  enum class Mark { kHold, kReset, kClose, kSilence, kEnd };
  // Why pump() stopped.
  enum class Stop {
    kEmpty,    // or held, not due yet, or waiting for its turn: it will call `pump`
    kBlocked,  // the socket is full: call pump() when it is writable
    kReset,    // a mark, or the byte of reset_after()
    kClose,    // a mark
    kEnded,    // EOF was delivered
    kBroken,   // the socket failed
  };

  // `pump`: asks the owner to call pump(); never called inside a function of this class.
  ProxyPipe(ProxyCore& core, Direction direction, std::function<void()> pump);
  ProxyPipe(const ProxyPipe&) = delete;
  ProxyPipe& operator=(const ProxyPipe&) = delete;

  void push(std::string_view bytes);
  // `trigger`: for kHold only, the trigger that holds.
  void push(Mark mark, std::size_t trigger = 0);
  // Before everything queued.
  void inject(std::string bytes);
  void reset_after(std::optional<uint64_t> bytes) { reset_after_ = bytes; }

  // Delivers what can be delivered now.
  [[nodiscard]] Stop pump(int socket);
  // In the next loop turn, if pump() asked for it.
  [[nodiscard]] bool wants_turn() const { return wants_turn_; }

  [[nodiscard]] std::size_t queued() const { return queued_; }
  [[nodiscard]] bool ended() const { return ended_; }
  // Bytes were lost on a connection that is still open: it is unusable.
  [[nodiscard]] bool silent() const { return silent_; }

 private:
  struct Item {
    std::string bytes;  // empty: a mark
    Mark mark = Mark::kEnd;
    std::size_t trigger = 0;
    uint64_t due_us = 0;
  };

  [[nodiscard]] uint64_t due();
  [[nodiscard]] std::optional<Stop> pass_mark(const Item& item, int socket);
  // How many of these bytes may be sent now; 0: a timer is set.
  [[nodiscard]] std::size_t allowed(std::size_t bytes);
  [[nodiscard]] std::optional<Stop> deliver(Item& item, int socket);
  void lose();
  void wait_us(uint64_t us);

  ProxyCore& core_;
  Direction direction_;
  std::deque<Item> items_;
  std::size_t sent_ = 0;  // bytes of the first item
  std::size_t queued_ = 0;
  uint64_t last_due_us_ = 0;
  double tokens_ = 0;  // token bucket, in bytes
  uint64_t tokens_at_us_ = 0;
  std::optional<uint64_t> reset_after_;
  bool wants_turn_ = false;
  bool silent_ = false;
  bool ended_ = false;
  Timer timer_;
};

}  // namespace orderd::test
