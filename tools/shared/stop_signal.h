// SIGINT and SIGTERM for a command that shuts down cleanly: the first one is noted, a second one ends the program. Two
// within 50 ms are one, because timeout(1) signals its child and then the child's group.
#pragma once

#include <chrono>

namespace orderd::tools {

class StopSignal {
 public:
  static void install();
  // Takes over from another handler, which got the first signal this long ago.
  static void install_after(std::chrono::milliseconds since_first);
  [[nodiscard]] static bool came();
};

}  // namespace orderd::tools
