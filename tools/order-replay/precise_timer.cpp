// The kernel's timerfd, watched by the loop.
#include "order-replay/precise_timer.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <utility>

#include "base/check.h"

namespace orderd::replay {

PreciseTimer::PreciseTimer(Loop& loop, std::function<void()> fire)
    : file_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)), fire_(std::move(fire)), poll_(new uv_poll_t) {
  ORDERD_CHECK(file_ >= 0, "the kernel has no timer to give");
  ORDERD_CHECK(uv_poll_init(loop.raw(), poll_.get(), file_) == 0, "the loop cannot watch a timer");
  poll_->data = this;
  const int status = uv_poll_start(poll_.get(), UV_READABLE, [](uv_poll_t* handle, int /*status*/, int /*events*/) {
    if (handle->data != nullptr) static_cast<PreciseTimer*>(handle->data)->fired();
  });
  ORDERD_CHECK(status == 0, "the loop cannot watch a timer");
}

PreciseTimer::~PreciseTimer() {
  // order matters: the loop lets go of the file before it is closed.
  (void)uv_poll_stop(poll_.get());
  poll_.reset();
  (void)close(file_);
}

void PreciseTimer::start_at(uint64_t due_ns) {
  if (due_ns == due_ns_) return;
  due_ns_ = due_ns;
  constexpr uint64_t kSecondNs = 1'000'000'000;
  itimerspec when{};
  when.it_value.tv_sec = static_cast<time_t>(due_ns / kSecondNs);
  when.it_value.tv_nsec = static_cast<long>(due_ns % kSecondNs);
  ORDERD_CHECK(timerfd_settime(file_, TFD_TIMER_ABSTIME, &when, nullptr) == 0, "the kernel refuses a time");
}

void PreciseTimer::fired() {
  uint64_t times = 0;
  // Nothing to read: it was restarted between the event and here.
  if (read(file_, &times, sizeof times) != sizeof times) return;
  due_ns_ = 0;
  fire_();
}

}  // namespace orderd::replay
