// Options of the sub-commands, with their texts unchanged: CLI11's own conversions read "[a,b]" and "{}" as lists.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
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

// A sub-command of `parent`. Options that it does not have (the settings) are passed to `parent`. `brief` is for the
// list of sub-commands; `more`, whole lines, ends its own help.
CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& brief, const std::string& more);
// --json.
void add_json(CLI::App& app, Program& program);
// Ends a sub-command: adds --json, and has `action` run if it is given. `check`, if any, looks at the options before.
void set_action(CLI::App& app, Program& program, LaneUse lanes, Action action, std::function<void()> check = {});
// The same without --json.
void set_text_action(CLI::App& app, Program& program, LaneUse lanes, Action action, std::function<void()> check = {});

// With one value, which `keep` gets. `type`: the value's name in the help. The name of a positional has no dashes.
CLI::Option* add_one(CLI::App& app, const std::string& name, const std::string& type, const std::string& help,
                     std::function<void(const std::string&)> keep);
// `target` must outlive the parsing.
CLI::Option* add_text(CLI::App& app, const std::string& name, std::string& target, const std::string& type,
                      const std::string& help);
// May be given any number of times; a positional takes all remaining arguments.
CLI::Option* add_texts(CLI::App& app, const std::string& name, std::vector<std::string>& target,
                       const std::string& type, const std::string& help);
// Their arguments are checked while parsing.
CLI::Option* add_whole(CLI::App& app, const std::string& name, uint64_t& target, uint64_t min, uint64_t max,
                       const std::string& help);
CLI::Option* add_duration(CLI::App& app, const std::string& name, std::chrono::milliseconds& target,
                          const std::string& help);

// For CLI::Option::check(): "" or the error.
[[nodiscard]] std::string check_sku(const std::string& text);
[[nodiscard]] std::string check_id(const std::string& text);
[[nodiscard]] std::string check_file_name(const std::string& name);

// Decimal digits without sign or leading zero, at most 2^53-1.
[[nodiscard]] std::optional<uint64_t> whole_of(std::string_view text);
// As the settings have them: a whole number and a unit, ms, s, m or h. At most a year.
[[nodiscard]] std::optional<std::chrono::milliseconds> duration_of(std::string_view text);

}  // namespace orderd::tools
