// Options of the sub-commands, taken as they are given: CLI11's own conversions read "[a,b]" and "{}" as lists.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/program.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace orderd::tools {

// A sub-command of `parent`. What it does not know itself (the settings) goes on to `parent`. `brief` is for the list
// of sub-commands; its own help has `more`, whole lines, too.
CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& brief, const std::string& more);
// --json.
void add_json(CLI::App& app, Program& program);

// `type`: how the help calls the value. The name of a positional has no dashes. `target` has to outlive the parsing.
CLI::Option* add_text(CLI::App& app, const std::string& name, std::string& target, const std::string& type,
                      const std::string& help);
// May be given any number of times; a positional takes all that is left.
CLI::Option* add_texts(CLI::App& app, const std::string& name, std::vector<std::string>& target,
                       const std::string& type, const std::string& help);
// The arguments of these are checked as they are read.
CLI::Option* add_whole(CLI::App& app, const std::string& name, uint64_t& target, uint64_t min, uint64_t max,
                       const std::string& help);
CLI::Option* add_duration(CLI::App& app, const std::string& name, std::chrono::milliseconds& target,
                          const std::string& help);

// Checks for CLI::Option::check(): "" or what is wrong.
[[nodiscard]] std::string check_sku(const std::string& text);
[[nodiscard]] std::string check_id(const std::string& text);

// Decimal digits without sign or leading zero, at most 2^53-1.
[[nodiscard]] std::optional<uint64_t> whole_of(std::string_view text);
// A whole number and a unit: ms, s, m, h. At most a year.
[[nodiscard]] std::optional<std::chrono::milliseconds> duration_of(std::string_view text);

}  // namespace orderd::tools
