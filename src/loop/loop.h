// The event loop and its handles: thin owners of libuv's C handles.
//
// A uv handle outlives its owner by one turn of the loop, so each lives on the heap, in a unique_ptr whose deleter
// calls uv_close. `data` points to the living owner, or is null once the owner is gone: a late callback then does
// nothing.
#pragma once

#include <uv.h>

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

namespace orderd {

class BeforeWait;

using Milliseconds = std::chrono::milliseconds;

// Closes a handle and frees it when libuv lets go of it. H is a libuv handle type.
template <class H>
struct CloseHandle {
  void operator()(H* handle) const {
    handle->data = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(handle), [](uv_handle_t* closed) { delete reinterpret_cast<H*>(closed); });
  }
};
template <class H>
using HandlePtr = std::unique_ptr<H, CloseHandle<H>>;

// One libuv loop. Destroyed last: every handle must have been released by then (ORDERD_CHECK).
class Loop {
 public:
  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs until stop() is called or nothing is left to wait for.
  void run();
  // One turn; waits for an event if there is none. For tests.
  void run_once();
  void stop();

  // Milliseconds of a monotonic clock, at the start of this turn.
  [[nodiscard]] uint64_t now_ms() const { return uv_now(&loop_); }
  // Microseconds of a monotonic clock, now. Costs about 20 ns.
  [[nodiscard]] static uint64_t precise_us() { return uv_hrtime() / 1000; }
  // Whether a lookup of a name still runs, perhaps for a canceled caller. It cannot be interrupted, and may take
  // minutes: the destructor waits for it, and so does exit().
  [[nodiscard]] bool looks_up() const { return loop_.active_reqs.count > 0; }
  [[nodiscard]] uv_loop_t* raw() { return &loop_; }

 private:
  friend class BeforeWait;
  void run_due();

  uv_loop_t loop_{};
  HandlePtr<uv_prepare_t> prepare_;  // active while due_ is not empty
  HandlePtr<uv_idle_t> no_wait_;     // while active, the loop does not wait
  std::vector<BeforeWait*> due_;     // in the order of start(); null: destroyed since
  std::vector<BeforeWait*> running_;
};

// Calls back once before the loop waits next. What was started first runs first; libuv's own prepare handles run in the
// opposite order, and one that is started by another one runs only after the wait. The callback may destroy the object.
class BeforeWait {
 public:
  BeforeWait(Loop& loop, std::function<void()> run);
  ~BeforeWait();
  BeforeWait(const BeforeWait&) = delete;
  BeforeWait& operator=(const BeforeWait&) = delete;

  // No effect if it is already started.
  void start();

 private:
  friend class Loop;
  Loop& loop_;
  std::function<void()> run_;
  bool started_ = false;
};

// Calls back once after a delay. The callback runs from the loop, never from start(); it may start, stop or destroy the
// timer.
class Timer {
 public:
  Timer(Loop& loop, std::function<void()> fire);
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Starts, or restarts.
  void start(Milliseconds delay);
  void stop();
  [[nodiscard]] bool active() const;

 private:
  HandlePtr<uv_timer_t> handle_;
  std::function<void()> fire_;
};

// Calls back while a descriptor can be read. The descriptor stays the caller's, and is closed after this is destroyed.
// The callback may destroy the object.
class Poll {
 public:
  Poll(Loop& loop, int fd, std::function<void()> readable);
  Poll(const Poll&) = delete;
  Poll& operator=(const Poll&) = delete;

 private:
  HandlePtr<uv_poll_t> handle_;
  std::function<void()> readable_;
};

// Calls back on each delivery of a signal. The callback may destroy the object.
class Signal {
 public:
  Signal(Loop& loop, int number, std::function<void()> fire);
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  // From now on a signal with this number does not kill the process, even when no Signal for it is left. A second
  // signal must not kill a program that is shutting down.
  static void hold(int number);

 private:
  HandlePtr<uv_signal_t> handle_;
  std::function<void()> fire_;
};

}  // namespace orderd
