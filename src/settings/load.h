// The sources of settings: a flag overrides a variable, which overrides the file, which overrides the default.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "settings/settings.h"

namespace CLI {
class App;
}

namespace orderd::settings {

// The values as given, unchecked. Must live at least as long as the CLI::App it was added to.
struct Sources {
  std::string file;                                        // --config FILE; empty: none
  std::vector<std::pair<std::string, std::string>> flags;  // key ("valkey.url") and text; the last one of a key wins
  std::map<std::string, std::string> environment;          // all ORDERD_... variables, unknown ones included
};

// Adds --config and a flag --section.key for each setting to a program's flags, in one group per section. Parsing the
// flags fills `sources`. Removed keys are parsed too: load() explains them.
void add_flags(CLI::App& app, Sources& sources);
// A program's arguments for CLI::App::parse(std::vector<std::string>), in the reverse order that it expects. Without
// this CLI11 reads `--key=`, an empty value, as `--key` and consumes the next argument.
[[nodiscard]] std::vector<std::string> arguments(int argc, const char* const* argv);
// The ORDERD_... variables of this process.
[[nodiscard]] std::map<std::string, std::string> read_environment();

// Reads and checks everything. Fails with one line for each mistake (the first 50): where it is (file:line:column, the
// flag or the variable), the key, the value, and what is allowed. An unknown key comes with a suggestion, a removed key
// with what to do instead. Never repeats a password. Also fails for values that are valid alone and wrong together
// (cross_checks.h).
[[nodiscard]] Result<Settings> load(const Sources& sources);
// The same later in the life of a process. Fails if the file is not a regular one: a pipe is at its end by now, which
// would mean the defaults, and opening a FIFO would block.
[[nodiscard]] Result<Settings> load_again(const Sources& sources);

// The settings as the text of a settings file, in the table's order. Loading it gives the same settings, except for a
// password in valkey.url, which is printed as "***".
[[nodiscard]] std::string print(const Settings& settings);
// The sample file, config/orderd.toml: every key explained and set to its default.
[[nodiscard]] std::string sample_file();

// The keys whose values differ, by when a new value applies.
struct Changes {
  std::vector<std::string> live;     // at SIGHUP
  std::vector<std::string> restart;  // at the next start
};
[[nodiscard]] Changes compare(const Settings& before, const Settings& after);

}  // namespace orderd::settings
