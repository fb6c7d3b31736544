// Time that passes without waiting. While a FakeClock exists, its loop does not sleep until the next timer is due: if
// nothing else is ready, the monotonic clock of the process jumps there. Timeouts, back-offs and leases keep their real
// lengths and their order, and a test that covers ten seconds of them takes milliseconds.
//
// Condition: all peers of the loop are in this thread, on Unix sockets. What they send is ready at once, so when
// nothing is ready, only time can change anything. Real servers, TCP, signals and lookups need real time.
#pragma once

#include "loop/loop.h"

namespace orderd::test {

// The clock never goes back, not even at the end. One at a time.
class FakeClock {
 public:
  explicit FakeClock(Loop& loop);
  ~FakeClock();
  FakeClock(const FakeClock&) = delete;
  FakeClock& operator=(const FakeClock&) = delete;

  // As if the thread had not run for this long.
  static void jump(Milliseconds span);
};

}  // namespace orderd::test
