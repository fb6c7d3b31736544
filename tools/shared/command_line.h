// A tool's command line: its sub-commands, and orderd's settings.
#pragma once

#include <optional>

#include "shared/program.h"

namespace CLI {
class App;
}

namespace orderd::tools {

struct About {
  const char* name;         // of the program
  const char* description;  // at the top of the help
  const char* footer;       // at the end of the help
};

// Sets name, description and the flags common to all sub-commands. Add the sub-commands after this.
void describe(CLI::App& app, Program& program, const About& about);

// Reads the arguments into `program`, which `app` was described with. Returns an exit status if there is nothing to
// run: the help, the version, or an error was printed.
[[nodiscard]] std::optional<int> parse(CLI::App& app, const Program& program, int argc, const char* const* argv);

// Loads the settings and runs the action. Returns the exit status; errors were printed.
[[nodiscard]] int run(Program& program);

}  // namespace orderd::tools
