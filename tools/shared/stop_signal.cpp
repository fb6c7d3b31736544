// A system call that waits is interrupted by the first signal.
#include "shared/stop_signal.h"

#include <csignal>
#include <ctime>
#include <initializer_list>

namespace orderd::tools {
namespace {

constexpr std::sig_atomic_t kSameSignalMs = 50;
constexpr std::sig_atomic_t kWrapMs = 1'000'000'000;

volatile std::sig_atomic_t stop_came = 0;
volatile std::sig_atomic_t stop_ms = 0;

std::sig_atomic_t clock_ms() {
  timespec now{};
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::sig_atomic_t>((now.tv_sec * 1000 + now.tv_nsec / 1'000'000) % kWrapMs);
}

extern "C" void note_stop(int signal) {
  const std::sig_atomic_t now_ms = clock_ms();
  if (stop_came == 0) {
    stop_ms = now_ms;
    stop_came = 1;
  } else if (now_ms < stop_ms || now_ms - stop_ms >= kSameSignalMs) {
    (void)std::signal(signal, SIG_DFL);
    (void)raise(signal);
  }
}

}  // namespace

void StopSignal::install() {
  for (const int signal : {SIGINT, SIGTERM}) {
    struct sigaction action {};
    action.sa_handler = note_stop;
    (void)sigaction(signal, &action, nullptr);  // fails only for signals that do not exist
  }
}

void StopSignal::install_after(std::chrono::milliseconds since_first) {
  stop_ms = static_cast<std::sig_atomic_t>((clock_ms() - since_first.count() + kWrapMs) % kWrapMs);
  stop_came = 1;
  install();
}

bool StopSignal::came() {
  return stop_came != 0;
}

}  // namespace orderd::tools
