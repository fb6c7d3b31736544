// orderctl pause and resume: stop the settling of requests, and let it go on.
#pragma once

#include <string>

#include "shared/program.h"

namespace CLI {
class App;
}

namespace orderd::tools {

class Pause {
 public:
  Pause(CLI::App& parent, Program& program);
  Pause(const Pause&) = delete;
  Pause& operator=(const Pause&) = delete;

 private:
  std::string reason_ = "by hand";
};

}  // namespace orderd::tools
