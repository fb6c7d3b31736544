// orderd: parses the command line, then serves until a signal stops it.
#include <spdlog/spdlog.h>

#include "base/standard_descriptors.h"
#include "daemon/command_line.h"
#include "daemon/daemon.h"
#include "daemon/log.h"
#include "daemon/online_check.h"

int main(int argc, char** argv) {
  orderd::ensure_standard_descriptors();
  using orderd::daemon::CommandLine;
  CommandLine line = orderd::daemon::parse_command_line(argc, argv);
  if (line.action == CommandLine::Action::kDone) return orderd::daemon::report(line);
  if (line.action == CommandLine::Action::kCheckOnline) return orderd::daemon::check_online(line.settings);
  orderd::daemon::init_log(line.settings.log.level, line.settings.log.format);
  orderd::daemon::Daemon daemon(std::move(line.settings), std::move(line.sources));
  return daemon.run();
}
