// order-replay run: pushes a recording.
#pragma once

#include <string>

#include "replay/runner.h"
#include "shared/program.h"

namespace CLI {
class App;
}

namespace orderd::replay {

class Run {
 public:
  Run(CLI::App& parent, tools::Program& program);
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

 private:
  void choose_pace();
  [[nodiscard]] Result<int> run(const tools::Context& context);
  void tell_how_to_go_on(const RunSummary& summary) const;

  RunOptions options_;
  std::string file_;
  bool max_ = false;
  uint64_t rate_ = 0;
  uint64_t speed_ = 0;
  bool set_stock_ = false;
  uint64_t from_line_ = 1;
  std::string record_results_;
};

}  // namespace orderd::replay
