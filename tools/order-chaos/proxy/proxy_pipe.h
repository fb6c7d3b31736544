// One direction of one proxied connection: bytes read on one side are queued until delivered on the other, as the
// faults of the direction require. Marks between the bytes say what happens when everything before them is delivered.
#pragma once

#include <deque>
#include <optional>

#include "order-chaos/proxy/proxy_faults.h"

namespace orderd::test {

// Of a monotonic clock.
[[nodiscard]] uint64_t proxy_now_us();

class ProxyPipe {
 public:
  static constexpr uint64_t kNever = UINT64_MAX;
  // The source is not read while more bytes are queued. One read (64 KiB) or one value may exceed it.
  static constexpr std::size_t kQueueMax = std::size_t{1} << 20U;

  enum class Mark { kReset, kClose, kHold, kEof };

  ProxyPipe(ProxyState& state, Direction direction) : state_(state), direction_(direction) {}

  void push(std::string_view bytes);
  void push(Mark mark);
  // Before everything queued.
  void inject(const std::string& bytes);
  void reset_after(std::optional<uint64_t> bytes) { reset_after_ = bytes; }

  // Delivers what can be delivered now. Returns kReset or kClose if the connection ends there.
  [[nodiscard]] std::optional<Mark> pump(int target);
  // When to call pump() again even if nothing happens: now or earlier if a slice waits for the next turn.
  [[nodiscard]] uint64_t due_us() const { return due_us_; }

  [[nodiscard]] std::size_t queued() const { return queued_; }
  // Bytes were lost on a connection that is still open: it is unusable.
  [[nodiscard]] bool silent() const { return silent_; }
  // Nothing will be delivered any more.
  [[nodiscard]] bool finished() const { return source_ended && (ended_ || silent_); }

  bool source_ended = false;    // EOF was read
  bool target_blocked = false;  // its socket is full: call pump() when it is writable

 private:
  struct Item {
    std::string bytes;  // empty: a mark
    Mark mark = Mark::kEof;
    uint64_t due_us = 0;
    std::size_t sent = 0;  // of the bytes
  };

  [[nodiscard]] uint64_t arrival_us();
  [[nodiscard]] std::optional<Mark> pass_mark(int target);
  // How many of the first item's bytes may be sent now; 0: later.
  [[nodiscard]] std::size_t allowed();
  [[nodiscard]] std::optional<Mark> deliver(int target);
  void lose();

  ProxyState& state_;
  Direction direction_;
  std::deque<Item> items_;
  std::size_t queued_ = 0;
  uint64_t last_arrival_us_ = 0;
  uint64_t ready_us_ = 0;  // with limited bandwidth: nothing is sent before
  std::optional<uint64_t> reset_after_;
  uint64_t due_us_ = kNever;
  bool silent_ = false;
  bool ended_ = false;  // EOF was delivered
};

}  // namespace orderd::test
