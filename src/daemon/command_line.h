// orderd's command line: what to do, with which settings.
#pragma once

#include <map>
#include <string>

#include "settings/load.h"

namespace orderd::daemon {

struct CommandLine {
  enum class Action {
    kRun,          // `settings` are valid: serve
    kCheckOnline,  // they are valid: see check_online()
    kDone,         // --help, --version, --check, --print-config, or a mistake: exit with the status of report()
  };
  Action action = Action::kDone;
  int exit_status = 0;  // 0, or 2: usage or settings
  std::string output;   // for standard output
  std::string errors;   // for standard error: a line for each mistake
  // The sources of the settings, to read them again at SIGHUP.
  settings::Sources sources;
  settings::Settings settings;
};

// Reads the arguments, the variables (by default those of the process) and the file. Contacts no server, prints
// nothing. Reports all mistakes in the arguments and in the settings together.
[[nodiscard]] CommandLine parse_command_line(
    int argc, const char* const* argv, std::map<std::string, std::string> environment = settings::read_environment());

// Writes `errors` to standard error and `output` to standard output. Returns the status to exit with: `exit_status`, or
// 1 if standard output could not be written.
[[nodiscard]] int report(const CommandLine& line);

}  // namespace orderd::daemon
