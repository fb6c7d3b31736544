// order-replay report: draws a run.
#pragma once

#include <string>

#include "shared/program.h"

namespace CLI {
class App;
}

namespace orderd::replay {

class Report {
 public:
  Report(CLI::App& parent, tools::Program& program);
  Report(const Report&) = delete;
  Report& operator=(const Report&) = delete;

 private:
  [[nodiscard]] Result<int> run(const tools::Context& context) const;
  std::string directory_;
};

}  // namespace orderd::replay
