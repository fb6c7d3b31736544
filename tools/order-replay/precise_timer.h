// A timer of microseconds: libuv's own ones have whole milliseconds.
#pragma once

#include <cstdint>
#include <functional>

#include "loop/loop.h"

namespace orderd::replay {

class PreciseTimer {
 public:
  // `fire` runs from the loop; it may start the timer again, and may not destroy it.
  PreciseTimer(Loop& loop, std::function<void()> fire);
  ~PreciseTimer();
  PreciseTimer(const PreciseTimer&) = delete;
  PreciseTimer& operator=(const PreciseTimer&) = delete;

  // Fires once at that time of the monotonic clock, in nanoseconds; at once where it has passed. Takes the place of
  // what was started before. Not 0.
  void start_at(uint64_t due_ns);

 private:
  void fired();
  const int file_;
  uint64_t due_ns_ = 0;  // 0: nothing is started
  std::function<void()> fire_;
  HandlePtr<uv_poll_t> poll_;
};

}  // namespace orderd::replay
