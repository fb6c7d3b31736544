// A timer of microseconds: the kernel's timerfd, watched by the loop. libuv's own ones have whole milliseconds.
#pragma once

#include <sys/timerfd.h>
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include "base/check.h"
#include "loop/loop.h"

namespace orderd::replay {

class PreciseTimer {
 public:
  // `fire` runs from the loop; it may start the timer again, and may not destroy it.
  PreciseTimer(Loop& loop, std::function<void()> fire)
      : file_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)), fire_(std::move(fire)) {
    ORDERD_CHECK(file_ >= 0, "the kernel has no timer to give");
    poll_.emplace(loop, file_, [this] { fired(); });
  }
  ~PreciseTimer() {
    poll_.reset();  // order matters: the loop lets go of the file before it is closed
    (void)close(file_);
  }
  PreciseTimer(const PreciseTimer&) = delete;
  PreciseTimer& operator=(const PreciseTimer&) = delete;

  // Fires once at that time of the monotonic clock, in nanoseconds; at once where it has passed. Takes the place of
  // what was started before. Not 0.
  void start_at(uint64_t due_ns) {
    if (due_ns == due_ns_) return;
    due_ns_ = due_ns;
    constexpr uint64_t kSecondNs = 1'000'000'000;
    itimerspec when{};
    when.it_value.tv_sec = static_cast<time_t>(due_ns / kSecondNs);
    when.it_value.tv_nsec = static_cast<long>(due_ns % kSecondNs);
    ORDERD_CHECK(timerfd_settime(file_, TFD_TIMER_ABSTIME, &when, nullptr) == 0, "the kernel refuses a time");
  }

 private:
  void fired() {
    uint64_t times = 0;
    // Nothing to read: it was restarted between the event and here.
    if (read(file_, &times, sizeof times) != sizeof times) return;
    due_ns_ = 0;
    fire_();
  }
  const int file_;
  uint64_t due_ns_ = 0;  // 0: nothing is started
  std::function<void()> fire_;
  std::optional<Poll> poll_;
};

}  // namespace orderd::replay
