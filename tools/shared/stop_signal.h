// SIGINT and SIGTERM for a command that shuts down cleanly: the first one is noted, or ends the program while it is
// idle; a second one ends it in any case. Two within 50 ms are one, because timeout(1) signals its child and then the
// child's group. A write in progress is completed.
#pragma once

#include <unistd.h>

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
      action.sa_flags = SA_RESTART;
      (void)sigaction(signal, &action, nullptr);  // fails only for signals that do not exist
    }
  }
  // Takes over from another handler, which got the first signal this long ago.
  static void install_after(std::chrono::milliseconds since_first) {
    stop_ms = static_cast<std::sig_atomic_t>((clock_ms() - since_first.count() + kWrapMs) % kWrapMs);
    stop_came = 1;
    install();
  }

  // While one of these lives, nothing is half done: a signal, also one that came before, ends the process at once.
  class Idle {
   public:
    explicit Idle(int status) {
      exit_status = status;
      idle = 1;
      if (stop_came != 0) _exit(status);
    }
    ~Idle() { idle = 0; }
    Idle(const Idle&) = delete;
    Idle& operator=(const Idle&) = delete;
  };

 private:
  static constexpr std::sig_atomic_t kSameSignalMs = 50;
  static constexpr std::sig_atomic_t kWrapMs = 1'000'000'000;

  static std::sig_atomic_t clock_ms() {
    timespec now{};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::sig_atomic_t>((now.tv_sec * 1000 + now.tv_nsec / 1'000'000) % kWrapMs);
  }
  static void note(int signal) {
    if (idle != 0) _exit(static_cast<int>(exit_status));
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
  inline static volatile std::sig_atomic_t idle = 0;
  inline static volatile std::sig_atomic_t exit_status = 0;  // while idle
};

}  // namespace orderd::tools
