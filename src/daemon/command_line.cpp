// CLI11 parses the arguments. It leaves unknown ones to us, so that every mistake is reported, with a suggestion.
#include "daemon/command_line.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string_view>
#include <utility>
#include <vector>

#include "settings/text.h"
#include "valkey/endpoint.h"

namespace orderd::daemon {
namespace {

constexpr int kUsage = 2;
constexpr std::size_t kHelpColumn = 44;

constexpr std::string_view kVersion = "orderd " ORDERD_VERSION;

constexpr std::string_view kDescription =
    "orderd " ORDERD_VERSION
    ": processes orders from a Valkey stream: sells exactly what is in stock, and writes one result\n"
    "for each order. Runs in the foreground and logs to standard error.";

constexpr std::string_view kFooter =
    R"(Each setting is also a variable, ORDERD_SECTION_KEY, and a key of the file. A flag overrides a variable, a variable
overrides the file, the file overrides the default. A duration is a whole number and a unit: ms, s, m, h.

Examples:
  orderd --valkey.url embedded:data               run a private server with its data in ./data
  orderd --valkey.url valkey://127.0.0.1:6379     use a running server
  orderd --config orderd.toml --check             check a settings file
  orderd --config orderd.toml --check --online    and whether its user may do there what orderd has to do
  ORDERD_LOG_FORMAT=json orderd --config orderd.toml

Signals:
  SIGTERM, SIGINT   finish in-flight orders and exit with 0; a second one exits now
  SIGHUP            read the settings again, apply those that can change live, log the others

Exit status:
  0  done
  1  failed at run time
  2  wrong usage or settings)";

struct Switches {
  bool check = false;
  bool online = false;
  bool print_config = false;
};

void describe(CLI::App& app, Switches& switches, settings::Sources& sources) {
  app.name("orderd");
  app.description(std::string(kDescription));
  app.footer(std::string(kFooter));
  app.get_formatter()->column_width(kHelpColumn);
  app.set_help_flag("-h,--help", "show this help")->group("Actions");
  app.set_version_flag("--version", std::string(kVersion), "show the version")->group("Actions");
  CLI::Option* check = app.add_flag("--check", switches.check, "check the settings and exit; contacts no server");
  check->group("Actions");
  app.add_flag("--online", switches.online, "with --check: also the server, and the rights of the user there")
      ->needs(check)
      ->group("Actions");
  app.add_flag("--print-config", switches.print_config, "print the effective settings, secrets masked")
      ->group("Actions");
  settings::add_flags(app, sources);
  app.allow_extras();
}

std::vector<std::string> flag_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

// The word after an unknown flag is not repeated: it may be a password.
std::vector<std::string> problems_of_extras(const CLI::App& app) {
  std::vector<std::string> problems;
  bool after_unknown_flag = false;
  for (const std::string& extra : app.remaining()) {
    const bool is_flag = extra.size() > 1 && extra[0] == '-' && extra != "--";
    if (is_flag) {
      const bool is_long = extra.starts_with("--");
      const std::string name = is_long ? extra.substr(0, extra.find('=')) : extra.substr(0, 2);
      problems.push_back(settings::printable(name) + ": unknown flag" +
                         (is_long ? settings::suggestion(name, flag_names(app)) : "; -h is the only short flag"));
    } else if (!after_unknown_flag && extra != "--") {
      problems.push_back(settings::in_quotes(valkey::masked(extra)) + ": unexpected argument; orderd takes only flags");
    }
    after_unknown_flag = is_flag && extra.find('=') == std::string::npos;
  }
  return problems;
}

// CLI11 separates groups by two empty lines; one is enough.
std::string help_of(const CLI::App& app) {
  std::string help = app.help();
  for (std::size_t at = 0; (at = help.find("\n\n\n", at)) != std::string::npos;) help.erase(at, 1);
  return help;
}

void add_lines(std::string_view text, std::vector<std::string>& lines) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    lines.emplace_back(line);
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
}

CommandLine done(std::string output) {
  CommandLine line;
  line.output = std::move(output);
  return line;
}

CommandLine wrong(const std::vector<std::string>& problems) {
  CommandLine line;
  line.exit_status = kUsage;
  for (const std::string& problem : problems) line.errors.append("orderd: ").append(problem).append("\n");
  line.errors.append("See orderd --help.\n");
  return line;
}

}  // namespace

CommandLine parse_command_line(int argc, const char* const* argv, std::map<std::string, std::string> environment) {
  CLI::App app;
  Switches switches;
  settings::Sources sources;
  describe(app, switches, sources);
  std::vector<std::string> problems;
  if (argc == 2 && argv[1] == std::string_view("help")) return done(help_of(app));
  try {
    app.parse(settings::arguments(argc, argv));
  } catch (const CLI::CallForHelp&) {
    return done(help_of(app));
  } catch (const CLI::CallForVersion&) {
    return done(std::string(kVersion) + "\n");
  } catch (const CLI::ParseError& error) {
    problems.push_back(settings::printable(error.what()));
    return wrong(problems);
  }
  problems = problems_of_extras(app);
  if (switches.print_config && switches.online) problems.emplace_back("--online excludes --print-config");
  sources.environment = std::move(environment);
  auto loaded = settings::load(sources);
  if (!loaded) add_lines(loaded.error(), problems);
  if (!problems.empty()) return wrong(problems);
  if (switches.print_config) return done(settings::print(*loaded));
  if (switches.check && !switches.online) return done("settings OK\n");
  CommandLine line;
  line.action = switches.online ? CommandLine::Action::kCheckOnline : CommandLine::Action::kRun;
  line.sources = std::move(sources);
  line.settings = std::move(*loaded);
  return line;
}

int report(const CommandLine& line) {
  // If standard error fails, there is no place left to report that.
  std::fwrite(line.errors.data(), 1, line.errors.size(), stderr);
  const bool written = std::fwrite(line.output.data(), 1, line.output.size(), stdout) == line.output.size();
  if (std::fflush(stdout) != 0 || !written) return 1;
  return line.exit_status;
}

}  // namespace orderd::daemon
