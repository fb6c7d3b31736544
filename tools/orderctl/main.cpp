// orderctl: the operator's command. Reads its arguments, then the settings, then does what the sub-command says.
#include <CLI/CLI.hpp>

#include "orderctl/audit.h"
#include "orderctl/command_line.h"
#include "orderctl/output.h"
#include "orderctl/results.h"
#include "orderctl/status.h"
#include "orderctl/stock.h"
#include "orderctl/submit.h"

int main(int argc, char** argv) {
  using namespace orderd::ctl;
  CLI::App app;
  Program program;
  describe(app, program);
  const Stock stock(app, program);
  const Submit submit(app, program);
  const Results results(app, program);
  add_status(app, program);
  const Audit audit(app, program);
  if (const auto status = parse(app, argc, argv)) return *status;
  auto settings = load_settings(program);
  if (!settings) return kUsage;
  const orderd::Result<int> done = program.action({std::move(*settings), program.json});
  if (!done) note(done.error());
  const int status = done ? *done : kFailed;
  return flush_output() ? status : kFailed;
}
