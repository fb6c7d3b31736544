// Written with one call, so that it does not flicker.
#include "shared/progress_line.h"

#include <unistd.h>

#include <cstdio>
#include <string>

namespace orderd::tools {
namespace {

constexpr const char* kClearLine = "\r\x1b[K";

}  // namespace

ProgressLine::ProgressLine(bool wanted) : shown_(wanted && isatty(STDERR_FILENO) == 1) {
}

void ProgressLine::draw(std::string_view text) {
  next_ = Clock::now() + kEvery;
  const std::string line = kClearLine + std::string(text);
  drawn_ = std::fwrite(line.data(), 1, line.size(), stderr) > 0;
}

void ProgressLine::clear() {
  if (drawn_) (void)std::fputs(kClearLine, stderr);
  drawn_ = false;
}

}  // namespace orderd::tools
