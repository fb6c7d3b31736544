// One direction of one proxied connection: what was read on one side waits here until it is delivered on the other, as
// the faults of the direction have it. Marks stand between the bytes: what is to happen when all before them has been
// delivered.
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
  // What pump() stopped for.
  enum class Stop {
    kEmpty,    // or held, or waiting for its time, or its turn: it calls back by itself
    kBlocked,  // the socket takes no more: pump() when it does
    kReset,    // a mark, or the byte of reset_after()
    kClose,    // a mark
    kEnded,    // the end was delivered, nothing will follow
    kBroken,   // the socket failed
  };

  // `pump`: asks the owner to call pump(); never called from within a function of this class.
  ProxyPipe(ProxyCore& core, Direction direction, std::function<void()> pump);
  ProxyPipe(const ProxyPipe&) = delete;
  ProxyPipe& operator=(const ProxyPipe&) = delete;

  void push(std::string_view bytes);
  // `trigger`: only for kHold, who holds.
  void push(Mark mark, std::size_t trigger = 0);
  // In front of all that waits.
  void inject(std::string bytes);
  void reset_after(std::optional<uint64_t> bytes) { reset_after_ = bytes; }

  // Delivers what may be delivered now.
  [[nodiscard]] Stop pump(int socket);
  // In the next turn of the loop, where pump() asked for it.
  [[nodiscard]] bool wants_turn() const { return wants_turn_; }

  [[nodiscard]] std::size_t queued() const { return queued_; }
  [[nodiscard]] bool ended() const { return ended_; }
  // Bytes were lost on a connection that still stands: it is of no more use.
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
  // How many of so many bytes may go now; 0: a timer is set.
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
  double tokens_ = 0;  // bytes that the bandwidth allows now
  uint64_t tokens_at_us_ = 0;
  std::optional<uint64_t> reset_after_;
  bool wants_turn_ = false;
  bool silent_ = false;
  bool ended_ = false;
  Timer timer_;
};

}  // namespace orderd::test
