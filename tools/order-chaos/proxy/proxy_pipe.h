// One direction of one proxied connection: bytes read on one side are queued until delivered on the other, as the
// faults of the direction require. Marks between the bytes say what happens when everything before them is delivered.
#pragma once

#include <optional>

#include "order-chaos/proxy/proxy_faults.h"

namespace orderd::test {

// Of a monotonic clock.
[[nodiscard]] uint64_t proxy_now_us();

class ProxyPipe {
 public:
  static constexpr uint64_t kNever = UINT64_MAX;

  enum class Mark { kHold, kReset, kClose, kSilence, kEnd };
  // Why pump() stopped.
  enum class Stop {
    kWaits,    // for more bytes, for due_us(), or for a change of the faults
    kBlocked,  // the socket is full: call pump() when it is writable
    kReset,    // a mark, or the byte of reset_after()
    kClose,    // a mark
    kBroken,   // the socket failed
  };

  ProxyPipe(ProxyState& state, Direction direction) : state_(state), direction_(direction) {}
  ProxyPipe(const ProxyPipe&) = delete;
  ProxyPipe& operator=(const ProxyPipe&) = delete;

  void push(std::string_view bytes);
  // `trigger`: for kHold only, the trigger that holds.
  void push(Mark mark, const ArmedTrigger* trigger = nullptr);
  // Before everything queued.
  void inject(std::string bytes);
  void reset_after(std::optional<uint64_t> bytes) { reset_after_ = bytes; }

  // Delivers what can be delivered now.
  [[nodiscard]] Stop pump(int socket);
  // When to call pump() again even if nothing happens: now or earlier if a slice waits for the next turn.
  [[nodiscard]] uint64_t due_us() const { return due_us_; }

  [[nodiscard]] std::size_t queued() const { return queued_; }
  // EOF was delivered.
  [[nodiscard]] bool ended() const { return ended_; }
  // Bytes were lost on a connection that is still open: it is unusable.
  [[nodiscard]] bool silent() const { return silent_; }

 private:
  struct Item {
    std::string bytes;  // empty: a mark
    Mark mark = Mark::kEnd;
    const ArmedTrigger* trigger = nullptr;
    uint64_t due_us = 0;
  };

  [[nodiscard]] uint64_t arrival_us();
  [[nodiscard]] std::optional<Stop> pass_mark(const Item& item, int socket);
  // How many of these bytes may be sent now; 0: later.
  [[nodiscard]] std::size_t allowed(std::size_t bytes);
  [[nodiscard]] std::optional<Stop> deliver(Item& item, int socket);
  void lose();

  ProxyState& state_;
  Direction direction_;
  std::deque<Item> items_;
  std::size_t sent_ = 0;  // bytes of the first item
  std::size_t queued_ = 0;
  uint64_t last_arrival_us_ = 0;
  double tokens_ = 0;  // token bucket, in bytes
  uint64_t tokens_at_us_ = 0;
  std::optional<uint64_t> reset_after_;
  uint64_t due_us_ = kNever;
  bool silent_ = false;
  bool ended_ = false;
};

}  // namespace orderd::test
