// How far `orderctl submit FILE` is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "shared/output.h"
#include "shared/progress_line.h"

namespace orderd::tools {

class SubmitProgress : public ProgressLine {
 public:
  using ProgressLine::ProgressLine;

  void show(uint64_t pushed, std::optional<uint64_t> answered) {
    if (!due()) return;
    draw(count_text(pushed, "request") + " pushed" + (answered ? ", " + count_text(*answered, "result") : ""));
  }
};

}  // namespace orderd::tools
