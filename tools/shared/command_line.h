// A tool's command line: its sub-commands with orderd's own settings beside them.
#pragma once

#include <optional>

#include "shared/program.h"

namespace CLI {
class App;
}

namespace orderd::tools {

struct About {
  const char* name;         // of the program
  const char* description;  // what its help begins with
  const char* footer;       // what its help ends with
};

// Name, description and the flags that go with each sub-command; these are added after it.
void describe(CLI::App& app, Program& program, const About& about);

// Reads the arguments into the program that `app` was described with. An exit status: there is nothing to run, and what
// there is to say was said (the help, the version, or what is wrong).
[[nodiscard]] std::optional<int> parse(CLI::App& app, int argc, const char* const* argv);

// The settings, from the file, the variables and the flags. Nothing: they are wrong, and how was told.
[[nodiscard]] std::optional<settings::Settings> load_settings(Program& program);

}  // namespace orderd::tools
