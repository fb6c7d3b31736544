// orderctl status: who is active, what waits, and what is wrong with the server.
#pragma once

#include <chrono>

#include "shared/program.h"

namespace CLI {
class App;
}

namespace orderd::tools {

class Status {
 public:
  Status(CLI::App& parent, Program& program);
  Status(const Status&) = delete;
  Status& operator=(const Status&) = delete;

 private:
  bool check_ = false;
  std::chrono::milliseconds max_age_{10'000};
};

}  // namespace orderd::tools
