// order-replay: the replay and load tool. Reads its arguments, then the settings, then runs the sub-command.
#include <CLI/CLI.hpp>

#include "base/standard_descriptors.h"
#include "order-replay/commands.h"
#include "shared/command_line.h"
#include "shared/output.h"

namespace {

constexpr const char* kDescription = "order-replay " ORDERD_VERSION
                                     ": generates, records, replays and verifies load for orderd.\n"
                                     "It uses the settings of orderd to find the same server and the same streams.";

constexpr const char* kFooter =
    R"(Settings come from the file, from environment variables (ORDERD_VALKEY_URL for --valkey.url) and from flags, before or
after the sub-command. A flag overrides a variable, which overrides the file. orderd's other settings are accepted and ignored.

Examples:
  order-replay generate --orders 100000 -o load.ndjson
  order-replay run load.ndjson --set-stock --rate 10000 --wait
  order-replay SUBCOMMAND --help              details and examples

Results go to standard output, everything else to standard error. NO_COLOR turns colors off.

Exit status:
  0  done
  1  failed at run time
  2  wrong usage or settings
  3  a verification found a violation)";

}  // namespace

int main(int argc, char** argv) {
  using namespace orderd::tools;
  orderd::ensure_standard_descriptors();
  CLI::App app;
  Program program;
  describe(app, program, {"order-replay", kDescription, kFooter});
  orderd::replay::add_generate(app, program);
  orderd::replay::add_capture(app, program);
  orderd::replay::add_report(app, program);
  orderd::replay::add_run(app, program);
  orderd::replay::add_verify(app, program);
  if (const auto status = parse(app, program, argc, argv)) return *status;
  return run(program);
}
