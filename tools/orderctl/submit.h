// What `orderctl submit` does with a file.
#pragma once

#include <chrono>
#include <string>

#include "shared/program.h"

namespace orderd::tools {

struct SubmitOptions {
  bool wait = false;
  bool quiet = false;
  bool force = false;  // push lines that are not JSON objects
  std::chrono::milliseconds timeout{30'000};
};

// Pushes each line of `file`, "-" for standard input, as a request to the lane of its first SKU, or else to the first
// lane. Unless forced, a line that is not a JSON object is refused: of a regular file before anything is pushed, of a
// pipe when it comes.
[[nodiscard]] Result<int> submit_file(const Context& context, const SubmitOptions& options, const std::string& file);

}  // namespace orderd::tools
