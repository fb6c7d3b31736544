// order-replay generate: a made-up workload as a recording.
#pragma once

#include <string>

#include "replay/workload.h"
#include "shared/program.h"

namespace CLI {
class App;
}

namespace orderd::replay {

class Generate {
 public:
  Generate(CLI::App& parent, tools::Program& program);
  Generate(const Generate&) = delete;
  Generate& operator=(const Generate&) = delete;

 private:
  void add_preset(CLI::App& app);
  void choose_spread();
  [[nodiscard]] Result<int> run();

  Workload workload_;
  std::string output_;
  std::string spread_ = "uniform";
};

}  // namespace orderd::replay
