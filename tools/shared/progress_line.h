// A line on the terminal that is redrawn in place.
#pragma once

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>

namespace orderd::tools {

class ProgressLine {
 public:
  using Clock = std::chrono::steady_clock;

  // Drawn only if it is wanted and standard error is a terminal.
  explicit ProgressLine(bool wanted) : shown_(wanted && isatty(STDERR_FILENO) == 1) {}
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  [[nodiscard]] bool shown() const { return shown_; }
  // Is it time to draw it again?
  [[nodiscard]] bool due() const { return shown_ && Clock::now() >= next_; }
  void draw(std::string_view text) {
    next_ = Clock::now() + kEvery;
    // Written with one call, so that it does not flicker.
    const std::string line = kClearLine + std::string(text);
    drawn_ = std::fwrite(line.data(), 1, line.size(), stderr) > 0;
  }
  // Call it before anything else is written there.
  void clear() {
    if (drawn_) (void)std::fputs(kClearLine, stderr);
    drawn_ = false;
  }

 private:
  static constexpr std::chrono::milliseconds kEvery{200};
  static constexpr const char* kClearLine = "\r\x1b[K";

  const bool shown_;
  bool drawn_ = false;
  Clock::time_point next_ = Clock::now() + kEvery;
};

}  // namespace orderd::tools
