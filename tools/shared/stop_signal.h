// SIGINT and SIGTERM for a command that stops in order: the first one is noted, a second one ends the program. Two
// within 50 ms are one, because timeout(1) signals its child and then the child's group.
#pragma once

namespace orderd::tools {

class StopSignal {
 public:
  static void install();
  [[nodiscard]] static bool came();
};

}  // namespace orderd::tools
