// Where settings come from: flag beats variable beats file beats default.
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

// What was given, before it is checked. One of these lives as long as the CLI::App it was added to.
struct Sources {
  std::string file;                                        // --config FILE; empty: none
  std::vector<std::pair<std::string, std::string>> flags;  // key ("valkey.url"), text; the last of a key wins
  std::map<std::string, std::string> environment;          // ORDERD_… variables, all of them, also unknown ones
};

// Adds --config and a flag --section.key for each setting, in groups by section, to a program's flags. `sources` is
// filled while the program's flags are parsed.
void add_flags(CLI::App& app, Sources& sources);
// A program's arguments for CLI::App::parse(std::vector<std::string>), in the reverse order it asks for. CLI11 would
// take
// `--key=` with an empty value for `--key` and eat the next argument.
[[nodiscard]] std::vector<std::string> arguments(int argc, const char* const* argv);
// The process's own ORDERD_… variables.
[[nodiscard]] std::map<std::string, std::string> read_environment();

// Reads and checks everything. Fails with all that is wrong, one line for each: where it stands (file:line:column, the
// flag or the variable), the key, the value, and what is allowed. An unknown key says the nearest known one; a key of
// the contract that does not work yet says "not supported yet". Passwords are never repeated.
[[nodiscard]] Result<Settings> load(const Sources& sources);

// The settings as the text of a settings file, keys in the table's order. load() of it gives the same settings, unless
// valkey.url holds a password: that is printed as "***".
[[nodiscard]] std::string print(const Settings& settings);
// The sample file, config/orderd.toml: every key explained, set to its default; what is not supported yet is a comment.
[[nodiscard]] std::string sample_file();

// The keys in which the two differ: first those that apply at once, then those that need a restart.
struct Changes {
  std::vector<std::string> live;
  std::vector<std::string> restart;
};
[[nodiscard]] Changes compare(const Settings& before, const Settings& after);

}  // namespace orderd::settings
