// The rate is that since the previous line; the time left is estimated from the part of the file that was read.
#include "order-replay/progress.h"

#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "order-replay/numbers.h"
#include "shared/output.h"

namespace orderd::replay {

using tools::count_text;

Progress::Progress(bool quiet) : quiet_(quiet), terminal_(isatty(STDERR_FILENO) == 1) {
}

void Progress::show(const State& state, uint64_t now_ns) {
  if (quiet_) return;
  if (begin_ns_ == 0) {
    // No time has passed yet.
    begin_ns_ = last_ns_ = now_ns;
    return;
  }
  const double elapsed = static_cast<double>(now_ns - begin_ns_) / 1e9;
  const double step = static_cast<double>(now_ns - last_ns_) / 1e9;
  const auto rate = static_cast<uint64_t>(step > 0 ? static_cast<double>(state.pushed - last_pushed_) / step : 0);
  last_ns_ = now_ns;
  last_pushed_ = state.pushed;
  std::optional<double> left;
  if (state.part > 0 && elapsed > 0) {
    left = elapsed * static_cast<double>(kMillion - state.part) / static_cast<double>(state.part);
  }
  std::string text;
  if (terminal_) {
    text = "\r\x1b[K" + count_text(state.pushed, "request") + " pushed, " + std::to_string(rate) + "/s";
    if (state.results) text += ", " + count_text(*state.results, "result");
    if (state.failed + state.unknown > 0) text += ", " + count_text(state.failed + state.unknown, "error");
    if (state.resent > 0) text += ", " + std::to_string(state.resent) + " resent";
    if (left) text += ", " + std::to_string(std::lround(*left)) + " s left";
  } else {
    tools::Json line = {{"seconds", elapsed},     {"pushed", state.pushed},   {"push_rate", rate},
                        {"failed", state.failed}, {"unknown", state.unknown}, {"resent", state.resent}};
    if (state.results) line["results"] = *state.results;
    if (left) line["seconds_left"] = *left;
    text = line.dump() + "\n";
  }
  drawn_ = std::fwrite(text.data(), 1, text.size(), stderr) > 0 && terminal_;
}

void Progress::clear() {
  if (drawn_) (void)std::fputs("\r\x1b[K", stderr);
  drawn_ = false;
}

}  // namespace orderd::replay
