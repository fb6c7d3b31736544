// order-replay run: pushes a recording.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "replay/run_check.h"
#include "replay/run_data.h"
#include "replay/runner.h"
#include "replay/sink.h"
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
  [[nodiscard]] Result<bool> prepare(const tools::Context& context, Source& source, RunSummary& summary);
  [[nodiscard]] RunHooks hooks();
  [[nodiscard]] Result<bool> read_late_results(const tools::Context& context, const std::vector<std::string>& after);
  [[nodiscard]] int judge(const RunSummary& summary) const;
  void print_how_to_resume(const RunSummary& summary) const;

  RunOptions options_;
  std::string file_;
  bool max_ = false;
  uint64_t rate_ = 0;
  uint64_t speed_ = 0;
  bool set_stock_ = false;
  uint64_t from_line_ = 1;
  std::string record_file_;
  std::string data_directory_;
  bool verify_ = false;

  // Only if asked for.
  std::optional<Sink> record_;
  std::optional<RunData> data_;
  std::vector<RunCheck> checks_;  // one for each lane
  std::string line_;
  std::vector<std::string> results_after_;  // of each lane, the last result before the run
};

}  // namespace orderd::replay
