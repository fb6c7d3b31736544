// orderctl: the operator's command. Reads its arguments, then the settings, then runs the sub-command.
#include <CLI/CLI.hpp>

#include "base/standard_descriptors.h"
#include "orderctl/commands.h"
#include "shared/command_line.h"
#include "shared/output.h"

namespace {

constexpr const char* kDescription =
    "orderctl " ORDERD_VERSION
    ": sets stock, pushes orders, shows results, orders, dead letters and status, examines\n"
    "the server, audits the ledger.\n"
    "It uses the settings of orderd to find the same server and the same streams.";

constexpr const char* kFooter =
    R"(Settings come from the file, from environment variables (ORDERD_VALKEY_URL for --valkey.url) and from flags, before or
after the sub-command. A flag overrides a variable, which overrides the file. orderd's other settings are accepted and ignored.

Examples:
  orderctl stock set shoe 100
  orderctl submit --sku shoe --quantity 3 --wait
  orderctl submit orders.ndjson --wait
  orderctl results --follow
  orderctl order show o-1
  orderctl lane shoe                          the lane that shoes belong to
  orderctl dead list
  orderctl --config orderd.toml status
  orderctl doctor
  orderctl audit
  orderctl SUBCOMMAND --help                  details and examples

Results go to standard output, everything else to standard error. NO_COLOR turns colors off.

Exit status:
  0  done
  1  failed at run time; for status --check and doctor: something is wrong
  2  wrong usage or settings
  3  orderctl audit found a violation)";

}  // namespace

int main(int argc, char** argv) {
  using namespace orderd::tools;
  orderd::ensure_standard_descriptors();
  CLI::App app;
  Program program;
  describe(app, program, {"orderctl", kDescription, kFooter});
  add_stock(app, program);
  add_submit(app, program);
  add_results(app, program);
  add_order(app, program);
  add_dead(app, program);
  add_status(app, program);
  add_doctor(app, program);
  add_pause(app, program);
  add_audit(app, program);
  add_lane(app, program);
  if (const auto answered = parse(app, program, argc, argv)) return *answered;
  return run(program);
}
