// libuv gets the time from clock_gettime() and events from epoll_wait(); the program's own definitions take precedence
// over the C library's.
#include "transport/fake_clock.h"

#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <ctime>

namespace orderd::test {
namespace {

constexpr int kNone = -1;
int jumping = kNone;  // the epoll descriptor of the loop that does not sleep
// Of all threads: a loop may be made in one and run in another.
std::atomic<int64_t> jumped_ms = 0;

}  // namespace

FakeClock::FakeClock(Loop& loop) {
  jumping = uv_backend_fd(loop.raw());
}

FakeClock::~FakeClock() {
  jumping = kNone;
}

void FakeClock::jump(Milliseconds span) {
  jumped_ms += span.count();
}

}  // namespace orderd::test

extern "C" int clock_gettime(clockid_t clock, timespec* now) noexcept {
  const int64_t jumped_ms = orderd::test::jumped_ms;
  const auto status = static_cast<int>(syscall(SYS_clock_gettime, clock, now));
  if (status != 0 || (clock != CLOCK_MONOTONIC && clock != CLOCK_MONOTONIC_COARSE)) return status;
  constexpr long kSecond = 1'000'000'000;
  const long nanoseconds = now->tv_nsec + jumped_ms % 1000 * 1'000'000;
  now->tv_sec += jumped_ms / 1000 + nanoseconds / kSecond;
  now->tv_nsec = nanoseconds % kSecond;
  return status;
}

extern "C" int epoll_pwait(int epoll, epoll_event* events, int count, int timeout, const sigset_t* signals) {
  const bool jumps = epoll == orderd::test::jumping && timeout > 0;
  const auto ready =
      static_cast<int>(syscall(SYS_epoll_pwait, epoll, events, count, jumps ? 0 : timeout, signals, _NSIG / 8));
  if (jumps && ready == 0) orderd::test::FakeClock::jump(orderd::Milliseconds(timeout));
  return ready;
}

extern "C" int epoll_wait(int epoll, epoll_event* events, int count, int timeout) {
  return epoll_pwait(epoll, events, count, timeout, nullptr);
}
