// CLI11 parses the arguments. Unknown ones are reported here, without repeating what may be a password; so are those
// that the sub-command would ignore.
#include "shared/command_line.h"

#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <regex>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "settings/text.h"
#include "shared/options.h"
#include "shared/output.h"
#include "valkey/endpoint.h"

namespace orderd::tools {
namespace {

constexpr std::size_t kHelpColumn = 34;

// Settings of the daemon only: accepted, but not in the help.
constexpr std::string_view kDaemonSections[] = {"[processing]", "[retention]", "[log]", "[shutdown]", "[admin]"};

// Without what an option needs or excludes: the texts say it.
class Formatter : public CLI::Formatter {
 public:
  std::string make_option_opts(const CLI::Option* option) const override {
    const std::string text = CLI::Formatter::make_option_opts(option);
    return text.substr(0, std::min(text.find(" Needs:"), text.find(" Excludes:")));
  }
};

// The innermost sub-command that was given.
const CLI::App& named(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : named(*chosen.front());
}

std::string name_of(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name() : name_of(*app.get_parent()) + " " + app.get_name();
}

std::vector<std::string> flag_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* at = &app; at != nullptr; at = at->get_parent()) {
    for (const CLI::Option* option : at->get_options()) {
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
  }
  return names;
}

std::vector<std::string> command_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  return names;
}

// About the first unknown argument; "" if there is none.
std::string problem_of_extras(const CLI::App& app) {
  std::vector<std::string> extras = app.remaining(true);
  std::erase(extras, "--");  // ends the flags
  if (extras.empty()) return "";
  const std::string& first = extras.front();
  const CLI::App& command = named(app);
  if (first.starts_with("--")) {
    const std::string name = first.substr(0, first.find('='));
    return shown(name) + ": unknown flag" + settings::suggestion(name, flag_names(command));
  }
  if (first.starts_with("-") && first.size() > 1)
    return shown(first.substr(0, 2)) + ": unknown flag; -h is the only short one";
  const std::vector<std::string> names = command_names(command);
  const std::string what = shown(valkey::masked(first));
  if (names.empty()) return fmt::format("'{}': unexpected", what);
  const std::string near = settings::suggestion(first, names);
  if (!near.empty()) return fmt::format("'{}': unknown sub-command{}", what, near);
  return fmt::format("'{}': unknown sub-command; there are: {}", what, fmt::join(names, ", "));
}

// "help" in place of a sub-command is --help: of the program, or of what follows or precedes it.
std::vector<const char*> with_help(const CLI::App& app, int argc, const char* const* argv) {
  std::vector<const char*> words(argv, argv + argc);
  const CLI::App* command = &app;
  for (std::size_t i = 1; i < words.size() && command->get_require_subcommand_min() > 0; ++i) {
    if (words[i] == std::string_view("help")) {
      words.erase(words.begin() + static_cast<std::ptrdiff_t>(i));
      words.push_back("--help");
      break;
    }
    const auto commands = command->get_subcommands([&](const CLI::App* each) { return each->get_name() == words[i]; });
    if (commands.empty()) break;
    command = commands.front();
  }
  return words;
}

// About a flag of all sub-commands that this one would ignore; "" if there is none.
std::string problem_of_ignored(const CLI::App& app, const Program& program) {
  const CLI::App& command = named(app);
  const bool no_json = program.json && command.get_option_no_throw("--json") == nullptr;
  if (no_json) return fmt::format("--json: {} prints no JSON", name_of(command));
  const bool no_lane = !program.lane.empty() && program.lanes == LaneUse::kNone;
  return no_lane ? fmt::format("--lane: {} does not depend on a lane", name_of(command)) : "";
}

// The settings, from the file, the variables and the flags. Nothing: they are wrong, and the errors were printed.
std::optional<settings::Settings> load_settings(Program& program) {
  program.sources.environment = settings::read_environment();
  auto loaded = settings::load(program.sources);
  const auto endpoint = loaded ? loaded->endpoint() : loaded.failure();
  if (endpoint) return std::move(*loaded);
  std::istringstream problems(endpoint.error());
  for (std::string line; std::getline(problems, line);) note(line);
  return std::nullopt;
}

// The lanes that the sub-command is for. Nothing: none is, and the error was printed.
std::optional<std::vector<settings::Settings>> lanes_of(const settings::Settings& settings, const Program& program) {
  const order::Lanes lanes = settings.lanes();
  std::vector<settings::Settings> chosen;
  for (std::size_t i = 0; i < lanes.count(); ++i) {
    if (program.lane.empty() || program.lane == lanes.names()[i]) chosen.push_back(settings.for_lane(i));
  }
  if (chosen.empty()) {
    const std::string near = settings::suggestion(program.lane, lanes.names());
    note(fmt::format("--lane '{}': {}", shown(program.lane),
                     !lanes.named() ? "streams.lanes is empty: there is one lane, without a name"
                     : near.empty()
                         ? fmt::format("there is no such lane; there are: {}", fmt::join(lanes.names(), ", "))
                         : "there is no such lane" + near));
    return std::nullopt;
  }
  if (chosen.size() > 1 && program.lanes == LaneUse::kOne) {
    note(fmt::format("there are {} lanes; choose one with --lane: {}", lanes.count(), fmt::join(lanes.names(), ", ")));
    return std::nullopt;
  }
  return chosen;
}

// CLI11's messages name an option by the first of its names. Replaces that by the name that was given in `words`.
std::string as_given(std::string message, const CLI::App& command, const std::vector<const char*>& words) {
  for (const CLI::Option* option : command.get_options()) {
    const std::string first = option->get_name();
    const std::size_t at = message.find(first);
    const std::size_t end = at + first.size();
    if (at == std::string::npos || (end < message.size() && message[end] != ':' && message[end] != ' ')) continue;
    for (const std::string& name : option->get_lnames()) {
      const auto given = [flag = "--" + name](std::string_view word) { return word.substr(0, word.find('=')) == flag; };
      if (std::none_of(words.begin(), words.end(), given)) continue;
      message.replace(at, first.size(), "--" + name);
      break;
    }
  }
  return message;
}

int wrong_usage(const CLI::App& app, const std::string& what) {
  note(what);
  (void)std::fputs((name_of(named(app)) + " --help shows the usage\n").c_str(), stderr);
  return kUsage;
}

}  // namespace

void describe(CLI::App& app, Program& program, const About& about) {
  name_program(about.name);
  app.name(about.name);
  app.description(about.description);
  app.footer(about.footer);
  app.formatter(std::make_shared<Formatter>());
  app.get_formatter()->column_width(kHelpColumn);
  app.get_formatter()->label("SUBCOMMAND", "SUBCOMMAND ...");
  app.set_help_flag("-h,--help", "print this help");
  app.set_version_flag("--version", std::string(about.name) + " " ORDERD_VERSION, "print the version");
  add_json(app, program);
  add_text(app, "--lane", program.lane, "NAME", "the lane to use, if there are several (streams.lanes)")
      ->check(
          [](const std::string& name) { return std::string(name.empty() ? "the name of a lane is expected" : ""); });
  app.require_subcommand(1);
  settings::add_flags(app, program.sources);
  for (CLI::Option* option : app.get_options([](const CLI::Option*) { return true; })) {
    if (std::count(std::begin(kDaemonSections), std::end(kDaemonSections), option->get_group()) > 0) option->group("");
  }
}

std::optional<int> parse(CLI::App& app, const Program& program, int argc, const char* const* argv) {
  const std::vector<const char*> words = with_help(app, argc, argv);
  try {
    app.parse(settings::arguments(static_cast<int>(words.size()), words.data()));
    const std::string ignored = problem_of_ignored(app, program);
    return ignored.empty() ? std::nullopt : std::optional(wrong_usage(app, ignored));
  } catch (const CLI::CallForHelp&) {
    // CLI11 separates groups by two empty lines.
    print(std::regex_replace(app.help(), std::regex("\n{3,}"), "\n\n"));
  } catch (const CLI::CallForVersion& version) {
    print(std::string(version.what()) + "\n");
  } catch (const CLI::ParseError& error) {
    const std::string extras = problem_of_extras(app);
    if (!extras.empty()) return wrong_usage(app, extras);
    const std::vector<std::string> names = command_names(named(app));
    if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr && !names.empty()) {
      return wrong_usage(app, fmt::format("a sub-command is required: {}", fmt::join(names, ", ")));
    }
    return wrong_usage(app, shown(as_given(error.what(), named(app), words)));
  }
  if (const auto flushed = flush_output(); !flushed) {
    note(flushed.error());
    return kFailed;
  }
  return kDone;
}

int run(Program& program) {
  const auto settings = load_settings(program);
  if (!settings) return kUsage;
  auto lanes = lanes_of(*settings, program);
  if (!lanes) return kUsage;
  const settings::Settings first = lanes->front();
  const Result<int> done = program.action({std::move(*lanes), first, *settings, program.json});
  const Result<bool> flushed = flush_output();
  if (done && flushed) return *done;
  note(done ? flushed.error() : done.error());
  return kFailed;
}

}  // namespace orderd::tools
