// order-replay capture: a stream's entries as a recording.
#pragma once

#include <string>

#include "shared/program.h"

namespace CLI {
class App;
}

namespace orderd::replay {

class Capture {
 public:
  Capture(CLI::App& parent, tools::Program& program);
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

 private:
  [[nodiscard]] Result<int> run(const tools::Context& context);

  bool results_ = false;
  bool follow_ = false;
  std::string from_ = "-";
  std::string to_ = "+";
  std::string output_;
};

}  // namespace orderd::replay
