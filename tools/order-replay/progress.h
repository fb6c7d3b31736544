// The progress of a run, on standard error: on a terminal a line updated in place, otherwise a line of JSON each
// second. The rate is that since the previous line; the time left is estimated from the part of the file that was read.
#pragma once

#include <spdlog/fmt/fmt.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "order-replay/numbers.h"
#include "order-replay/run_summary.h"
#include "shared/output.h"
#include "shared/progress_line.h"

namespace orderd::replay {

class Progress {
 public:
  explicit Progress(bool quiet) : quiet_(quiet), line_(!quiet) {}

  // How often to call show(), in milliseconds.
  [[nodiscard]] uint64_t every_ms() const { return line_.shown() ? 200 : 1000; }
  // `part`: of the file that was read, in millionths; 0: not known.
  void show(const RunSummary& summary, uint64_t part, uint64_t now_ns) {
    if (quiet_) return;
    if (begin_ns_ == 0) {
      // No time has passed yet.
      begin_ns_ = last_ns_ = now_ns;
      return;
    }
    const double elapsed = static_cast<double>(now_ns - begin_ns_) / 1e9;
    const double step = static_cast<double>(now_ns - last_ns_) / 1e9;
    const auto rate = static_cast<uint64_t>(step > 0 ? static_cast<double>(summary.pushed - last_pushed_) / step : 0);
    last_ns_ = now_ns;
    last_pushed_ = summary.pushed;
    std::optional<double> left;
    if (part > 0 && elapsed > 0) {
      left = elapsed * static_cast<double>(kMillion - part) / static_cast<double>(part);
    }
    if (line_.shown()) {
      std::string text = fmt::format("{} pushed, {}/s", tools::count_text(summary.pushed, "request"), rate);
      if (summary.waited) text += ", " + tools::count_text(summary.results(), "result");
      const uint64_t errors = summary.failed + summary.unknown;
      if (errors > 0) text += ", " + tools::count_text(errors, "error");
      if (summary.resent > 0) text += fmt::format(", {} resent", summary.resent);
      if (left) text += fmt::format(", {} s left", std::lround(*left));
      return line_.draw(text);
    }
    tools::Json line = {{"seconds", elapsed},       {"pushed", summary.pushed},   {"push_rate", rate},
                        {"failed", summary.failed}, {"unknown", summary.unknown}, {"resent", summary.resent}};
    if (summary.waited) line["results"] = summary.results();
    if (left) line["seconds_left"] = *left;
    (void)std::fputs((line.dump() + "\n").c_str(), stderr);
  }
  // Call it before anything else is written there.
  void clear() { line_.clear(); }

 private:
  const bool quiet_;
  tools::ProgressLine line_;
  uint64_t begin_ns_ = 0;
  uint64_t last_ns_ = 0;
  uint64_t last_pushed_ = 0;
};

}  // namespace orderd::replay
