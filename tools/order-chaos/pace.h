// Deliberate delays: producers have a rate, faults last for a while.
#pragma once

#include <poll.h>

#include <chrono>

namespace orderd::chaos {

// Only the timeout; a signal may cut it short.
inline void let_pass(std::chrono::milliseconds time) {
  (void)poll(nullptr, 0, static_cast<int>(time.count()));
}

}  // namespace orderd::chaos
