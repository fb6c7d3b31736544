// orderd's command line: what to do, with which settings.
#pragma once

#include <map>
#include <string>

#include "settings/load.h"

namespace orderd::daemon {

struct CommandLine {
  enum class Action {
    kRun,   // `settings` are good: serve
    kDone,  // --help, --version, --check, --print-config, or a mistake: tell() and leave with `exit_status`
  };
  Action action = Action::kDone;
  int exit_status = 0;  // 0, or 2: usage or settings
  std::string output;   // for standard output
  std::string errors;   // for standard error: a line for each mistake
  // What the settings were read from: for reading them again at SIGHUP.
  settings::Sources sources;
  settings::Settings settings;
};

// Reads the arguments, the variables (the process's own by default) and the file. Touches no server, prints nothing.
// Mistakes in the arguments and in the settings are told together.
[[nodiscard]] CommandLine parse_command_line(
    int argc, const char* const* argv, std::map<std::string, std::string> environment = settings::read_environment());

// Writes `output` and `errors` where they belong. Answers the status to exit with: `exit_status`, or 1 where standard
// output could not be written.
[[nodiscard]] int tell(const CommandLine& line);

}  // namespace orderd::daemon
