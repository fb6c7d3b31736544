// SIGINT and SIGTERM for a command that shuts down cleanly: the first one is noted, a second one ends the program. Two
// within 50 ms are one, because timeout(1) signals its child and then the child's group. A system call that waits is
// interrupted by the first signal.
#pragma once

#include <chrono>
#include <csignal>
#include <ctime>
#include <initializer_list>

namespace orderd::tools {

class StopSignal {
 public:
  static void install() {
    for (const int signal : {SIGINT, SIGTERM}) {
      struct sigaction action {};
      action.sa_handler = note;
      (void)sigaction(signal, &action, nullptr);  // fails only for signals that do not exist
    }
  }
  // Takes over from another handler, which got the first signal this long ago.
  static void install_after(std::chrono::milliseconds since_first) {
    stop_ms = static_cast<std::sig_atomic_t>((clock_ms() - since_first.count() + kWrapMs) % kWrapMs);
    stop_came = 1;
    install();
  }
  [[nodiscard]] static bool came() { return stop_came != 0; }

 private:
  static constexpr std::sig_atomic_t kSameSignalMs = 50;
  static constexpr std::sig_atomic_t kWrapMs = 1'000'000'000;

  static std::sig_atomic_t clock_ms() {
    timespec now{};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::sig_atomic_t>((now.tv_sec * 1000 + now.tv_nsec / 1'000'000) % kWrapMs);
  }
  static void note(int signal) {
    const std::sig_atomic_t now_ms = clock_ms();
    if (stop_came == 0) {
      stop_ms = now_ms;
      stop_came = 1;
    } else if (now_ms < stop_ms || now_ms - stop_ms >= kSameSignalMs) {
      (void)std::signal(signal, SIG_DFL);
      (void)raise(signal);
    }
  }

  inline static volatile std::sig_atomic_t stop_came = 0;
  inline static volatile std::sig_atomic_t stop_ms = 0;
};

}  // namespace orderd::tools
