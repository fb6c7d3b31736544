// How far `orderctl submit FILE` is.
#pragma once

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>

#include "shared/output.h"

namespace orderd::tools {

// A line on the terminal that is updated in place.
class SubmitProgress {
 public:
  using Clock = std::chrono::steady_clock;

  explicit SubmitProgress(bool wanted) : shown_(wanted && isatty(STDERR_FILENO) == 1) {}
  ~SubmitProgress() { clear(); }
  SubmitProgress(const SubmitProgress&) = delete;
  SubmitProgress& operator=(const SubmitProgress&) = delete;

  void show(uint64_t pushed, std::optional<uint64_t> answered) {
    if (!shown_ || Clock::now() < next_) return;
    next_ = Clock::now() + kProgressEvery;
    std::string text = "\r\x1b[K" + count_text(pushed, "request") + " pushed";
    if (answered) text += ", " + count_text(*answered, "result");
    drawn_ = std::fwrite(text.data(), 1, text.size(), stderr) > 0;
  }
  void clear() {
    if (drawn_) (void)std::fputs("\r\x1b[K", stderr);
    drawn_ = false;
  }

 private:
  static constexpr std::chrono::milliseconds kProgressEvery{200};

  const bool shown_;
  bool drawn_ = false;
  Clock::time_point next_ = Clock::now() + kProgressEvery;
};

}  // namespace orderd::tools
