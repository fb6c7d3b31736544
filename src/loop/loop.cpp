// Owners of libuv handles. The only subtle part is destruction. uv_loop_close returns EBUSY until requests are done and
// closed handles have had one more turn. The loop runs those turns itself.
#include "loop/loop.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace orderd {

Loop::Loop() {
  ORDERD_CHECK(uv_loop_init(&loop_) == 0, "uv_loop_init failed");
  prepare_.reset(new uv_prepare_t);
  no_wait_.reset(new uv_idle_t);
  uv_prepare_init(&loop_, prepare_.get());  // these two never fail
  uv_idle_init(&loop_, no_wait_.get());
  prepare_->data = this;
}

Loop::~Loop() {
  ORDERD_CHECK(std::all_of(due_.begin(), due_.end(), [](const BeforeWait* each) { return each == nullptr; }),
               "the loop was destroyed before its handles");
  prepare_.reset();
  no_wait_.reset();
  // A lookup whose owner is gone may still run in the thread pool. It cannot be interrupted, and its result arrives on
  // this loop.
  while (loop_.active_reqs.count > 0) uv_run(&loop_, UV_RUN_ONCE);
  // Handles released a moment ago wait for their close callbacks.
  uv_run(&loop_, UV_RUN_NOWAIT);
  uv_run(&loop_, UV_RUN_NOWAIT);
  ORDERD_CHECK(uv_loop_close(&loop_) == 0, "the loop was destroyed before its handles");
}

void Loop::run() {
  uv_run(&loop_, UV_RUN_DEFAULT);
}

void Loop::run_once() {
  uv_run(&loop_, UV_RUN_ONCE);
}

void Loop::stop() {
  uv_stop(&loop_);
}

// What is started meanwhile runs in the next turn, after the timers and sockets that are ready: they are never starved.
void Loop::run_due() {
  running_.swap(due_);
  for (std::size_t i = 0; i < running_.size(); ++i) {
    BeforeWait* const each = running_[i];
    if (each == nullptr) continue;
    each->started_ = false;
    const auto copy = each->run_;  // the callback may destroy the object and with it the running function
    copy();
  }
  running_.clear();
  if (due_.empty()) {
    uv_prepare_stop(prepare_.get());
    uv_idle_stop(no_wait_.get());
  } else {
    uv_idle_start(no_wait_.get(), [](uv_idle_t*) {});
  }
}

BeforeWait::BeforeWait(Loop& loop, std::function<void()> run) : loop_(loop), run_(std::move(run)) {
}

BeforeWait::~BeforeWait() {
  std::replace(loop_.due_.begin(), loop_.due_.end(), this, static_cast<BeforeWait*>(nullptr));
  std::replace(loop_.running_.begin(), loop_.running_.end(), this, static_cast<BeforeWait*>(nullptr));
}

void BeforeWait::start() {
  if (std::exchange(started_, true)) return;
  loop_.due_.push_back(this);
  uv_prepare_start(loop_.prepare_.get(), [](uv_prepare_t* handle) { static_cast<Loop*>(handle->data)->run_due(); });
}

Timer::Timer(Loop& loop, std::function<void()> fire) : handle_(new uv_timer_t), fire_(std::move(fire)) {
  ORDERD_CHECK(uv_timer_init(loop.raw(), handle_.get()) == 0, "uv_timer_init failed");
  handle_->data = this;
}

void Timer::start(Milliseconds delay) {
  const auto on_fire = [](uv_timer_t* handle) {
    if (handle->data == nullptr) return;
    // A copy: the callback may destroy the timer and with it the running function.
    const auto copy = static_cast<Timer*>(handle->data)->fire_;
    copy();
  };
  const auto delay_ms = static_cast<uint64_t>(delay.count() < 0 ? 0 : delay.count());
  ORDERD_CHECK(uv_timer_start(handle_.get(), on_fire, delay_ms, 0) == 0, "uv_timer_start failed");
}

void Timer::stop() {
  uv_timer_stop(handle_.get());
}

bool Timer::active() const {
  return uv_is_active(reinterpret_cast<const uv_handle_t*>(handle_.get())) != 0;
}

Poll::Poll(Loop& loop, int fd, std::function<void()> readable) : readable_(std::move(readable)) {
  std::unique_ptr<uv_poll_t> handle(new uv_poll_t);
  ORDERD_CHECK(uv_poll_init(loop.raw(), handle.get(), fd) == 0, "uv_poll_init failed");
  handle_.reset(handle.release());
  handle_->data = this;
  // Descriptor errors are also reported to the reader.
  const auto on_poll = [](uv_poll_t* polled, int /*status*/, int /*events*/) {
    if (polled->data == nullptr) return;
    const auto copy = static_cast<Poll*>(polled->data)->readable_;
    copy();
  };
  ORDERD_CHECK(uv_poll_start(handle_.get(), UV_READABLE, on_poll) == 0, "uv_poll_start failed");
}

Signal::Signal(Loop& loop, int number, std::function<void()> fire) : handle_(new uv_signal_t), fire_(std::move(fire)) {
  ORDERD_CHECK(uv_signal_init(loop.raw(), handle_.get()) == 0, "uv_signal_init failed");
  handle_->data = this;
  const auto on_signal = [](uv_signal_t* handle, int) {
    if (handle->data == nullptr) return;
    const auto copy = static_cast<Signal*>(handle->data)->fire_;
    copy();
  };
  ORDERD_CHECK(uv_signal_start(handle_.get(), on_signal, number) == 0, "uv_signal_start failed");
}

// libuv's handler stays installed as long as any loop has a handle for the number.
void Signal::hold(int number) {
  static uv_loop_t* const loop = [] {
    static uv_loop_t kept;
    ORDERD_CHECK(uv_loop_init(&kept) == 0, "uv_loop_init failed");
    return &kept;
  }();
  auto* handle = new uv_signal_t;  // never removed from the loop
  ORDERD_CHECK(uv_signal_init(loop, handle) == 0, "uv_signal_init failed");
  ORDERD_CHECK(uv_signal_start(
                   handle, [](uv_signal_t*, int) {}, number) == 0,
               "uv_signal_start failed");
}

}  // namespace orderd
