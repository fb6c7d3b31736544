// A line on the terminal that is redrawn in place.
#pragma once

#include <chrono>
#include <string_view>

namespace orderd::tools {

class ProgressLine {
 public:
  using Clock = std::chrono::steady_clock;

  // Drawn only if it is wanted and standard error is a terminal.
  explicit ProgressLine(bool wanted);
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // Is it time to draw it again?
  [[nodiscard]] bool due() const { return shown_ && Clock::now() >= next_; }
  void draw(std::string_view text);
  // Call it before anything else is written there.
  void clear();

 private:
  static constexpr std::chrono::milliseconds kEvery{200};

  const bool shown_;
  bool drawn_ = false;
  Clock::time_point next_ = Clock::now() + kEvery;
};

}  // namespace orderd::tools
