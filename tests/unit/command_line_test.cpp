#include "daemon/command_line.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <vector>

#include "settings/table.h"
#include "unit/settings_sources.h"

namespace orderd::daemon {
namespace {

using Action = CommandLine::Action;
using test::contains;
using Environment = std::map<std::string, std::string>;

CommandLine parse(std::vector<const char*> arguments, const Environment& environment = {}) {
  arguments.insert(arguments.begin(), "orderd");
  return parse_command_line(static_cast<int>(arguments.size()), arguments.data(), environment);
}

// The errors of an invalid command line.
std::string refused(const std::vector<const char*>& arguments, const Environment& environment = {}) {
  const CommandLine line = parse(arguments, environment);
  CHECK(line.action == Action::kDone);
  CHECK(line.exit_status == 2);
  CHECK(line.output.empty());
  const std::string hint = "See orderd --help.\n";
  REQUIRE(line.errors.ends_with(hint));
  return line.errors.substr(0, line.errors.size() - hint.size());
}

// The output of a command line that prints something and is done.
std::string printed(const std::vector<const char*>& arguments, const Environment& environment = {}) {
  const CommandLine line = parse(arguments, environment);
  CHECK(line.action == Action::kDone);
  CHECK(line.exit_status == 0);
  CHECK(line.errors.empty());
  return line.output;
}

TEST_CASE("flags and variables and the file make the settings and are kept for a reload") {
  const test::TemporaryDirectory directory;
  const std::string file =
      settings::write_file(directory, "f.toml", "[streams]\ngroup = \"file\"\n[processing]\nname = \"file\"\n");
  const CommandLine line = parse({"--config", file.c_str(), "--log.level", "warn", "--valkey.url=embedded:a=b"},
                                 {{"ORDERD_STREAMS_GROUP", "variable"}});
  REQUIRE_MESSAGE(line.action == Action::kRun, line.errors);
  CHECK(line.settings.streams.group == "variable");
  CHECK(line.settings.processing.name == "file");
  CHECK(line.settings.log.level == settings::LogLevel::kWarn);
  CHECK(line.settings.valkey.url == "embedded:a=b");
  const auto again = settings::load(line.sources);
  REQUIRE(again.ok());
  CHECK(settings::print(*again) == settings::print(line.settings));
}

TEST_CASE("a flag keeps its value as given") {
  for (const std::string value : {"{}", "[]", "[a,b]", "-", "--", "-1", "a b", "%%", "\"q\"", "a,b"}) {
    CAPTURE(value);
    CHECK(parse({"--streams.group", value.c_str()}).settings.streams.group == value);
    CHECK(parse({("--streams.group=" + value).c_str()}).settings.streams.group == value);
  }
}

TEST_CASE("a flag with an empty value does not consume the next argument") {
  const CommandLine line = parse({"--valkey.username=", "--log.level", "debug"}, {{"ORDERD_VALKEY_USERNAME", "anna"}});
  REQUIRE_MESSAGE(line.action == Action::kRun, line.errors);
  CHECK(line.settings.valkey.username.empty());
  CHECK(line.settings.log.level == settings::LogLevel::kDebug);
  CHECK(parse({"--valkey.username", ""}).action == Action::kRun);
}

TEST_CASE("the last of equal flags wins and all must be valid") {
  CHECK(parse({"--streams.group", "a", "--log.level=warn", "--streams.group=b"}).settings.streams.group == "b");
  CHECK(contains(refused({"--log.level", "loud", "--log.level", "info"}), "--log.level: \"loud\" is not valid"));
  CHECK(contains(refused({"--log.level", "info"}, {{"ORDERD_LOG_LEVEL", "loud"}}),
                 "ORDERD_LOG_LEVEL: log.level: \"loud"));
}

TEST_CASE("help names every flag and the exit codes") {
  const std::string help = printed({"--help"});
  for (const settings::Setting& row : settings::table()) CHECK_MESSAGE(contains(help, row.flag() + " "), row.flag());
  for (const std::string part :
       {"Usage: orderd", "[processing]:", "Examples:", "Exit status:", "--check", "--print-config", "--version",
        "--config FILE", "[3s]", "(text, json)", "[the host's name]"}) {
    CHECK_MESSAGE(contains(help, part), part);
  }
  CHECK(!contains(help, "\n\n\n"));
  for (const std::vector<const char*>& same :
       std::vector<std::vector<const char*>>{{"help"}, {"--help", "--log.levle", "x"}, {"-h", "--log.levle", "x"}}) {
    CHECK(printed(same) == help);
  }
  CHECK(refused({"help", "me"}).starts_with("orderd: \"help\": unexpected argument"));
}

TEST_CASE("version, check and print-config print what their names say, without secrets") {
  CHECK(printed({"--version"}) == "orderd " ORDERD_VERSION "\n");
  CHECK(printed({"--check"}) == "settings OK\n");
  CHECK(refused({"--check", "--log.level", "loud"}) ==
        "orderd: --log.level: \"loud\" is not valid; allowed: trace, debug, info, warn, error\n");
  const std::string config =
      printed({"--print-config", "--log.level=warn"}, {{"ORDERD_VALKEY_URL", "valkey://a:hunter2@h"}});
  CHECK(contains(config, "level = \"warn\"\n"));
  CHECK(contains(config, "url = \"valkey://a:***@h:6379\"\n"));
  CHECK(!contains(config, "hunter2"));
  CHECK(contains(refused({"--print-config", "--log.level=loud"}), "loud"));
  CHECK(refused({"--print-config", "--check", "--online"}) == "orderd: --online excludes --print-config\n");
}

TEST_CASE("mistakes in the arguments and in the settings are reported together") {
  CHECK(refused({"--log.levle", "info", "--processing.max_lines=0", "extra"}, {{"ORDERD_LOG_LEVLE", "x"}}) ==
        "orderd: --log.levle: unknown flag; did you mean --log.level?\n"
        "orderd: \"extra\": unexpected argument; orderd takes only flags\n"
        "orderd: ORDERD_LOG_LEVLE: unknown variable; did you mean ORDERD_LOG_LEVEL?\n"
        "orderd: --processing.max_lines: \"0\" is out of range; allowed: a whole number from 1 to 1000\n");
}

TEST_CASE("an unknown flag comes with a suggestion, and a flag without its value is refused") {
  CHECK(refused({"--chekc"}) == "orderd: --chekc: unknown flag; did you mean --check?\n");
  CHECK(refused({"--valkey.ulr=valkey://h"}) == "orderd: --valkey.ulr: unknown flag; did you mean --valkey.url?\n");
  CHECK(contains(refused({"--url", "x"}), "--url: unknown flag; "));
  CHECK(refused({"--nothing-like-it"}) == "orderd: --nothing-like-it: unknown flag\n");
  CHECK(refused({"-v"}) == "orderd: -v: unknown flag; -h is the only short flag\n");
  CHECK(refused({"--log.level"}).starts_with("orderd: --log.level: "));
  CHECK(refused({"--config"}).starts_with("orderd: --config: "));
  CHECK(refused({"--config="}) == "orderd: --config: expects the name of a file\n");
  CHECK(refused({"--config", "a", "--config", "b"}).starts_with("orderd: --config: "));
}

TEST_CASE("removed flags are refused with and without a value") {
  for (const settings::Removed& row : settings::removed()) {
    const std::string flag = settings::flag_of(row.key);
    const std::string error = "orderd: " + flag + " was removed: " + std::string(row.instead) + "\n";
    CHECK(refused({flag.c_str()}) == error);
    CHECK(refused({flag.c_str(), "x"}) == error);
    CHECK(refused({(flag + "=x").c_str()}) == error);
    CHECK(!contains(parse({"--help"}).output, flag));
  }
}

TEST_CASE("no message repeats a password") {
  using Arguments = std::vector<const char*>;
  for (const Arguments& arguments :
       {Arguments{"--valkey.url", "valkey://u:hunter2@h"}, Arguments{"--valkey.url=valkey://u:hunter2@h:x"},
        Arguments{"--valkey.password", "hunter2"}, Arguments{"--valkey.password=hunter2"}, Arguments{"-phunter2"},
        Arguments{"-p", "hunter2"}, Arguments{"valkey://u:hunter2@h"}}) {
    CHECK(!contains(refused(arguments), "hunter2"));
  }
}

TEST_CASE("output that cannot be written is a failure") {
  const CommandLine line = parse({"--version"});
  std::fflush(stdout);
  const int saved = ::dup(STDOUT_FILENO);
  const int full = ::open("/dev/full", O_WRONLY);
  REQUIRE(full >= 0);
  ::dup2(full, STDOUT_FILENO);
  const int status = report(line);
  ::dup2(saved, STDOUT_FILENO);
  ::close(saved);
  ::close(full);
  std::clearerr(stdout);
  CHECK(status == 1);
}

}  // namespace
}  // namespace orderd::daemon
