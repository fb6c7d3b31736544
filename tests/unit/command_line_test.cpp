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
using test::holds;
using Environment = std::map<std::string, std::string>;

CommandLine parse(std::vector<const char*> arguments, const Environment& environment = {}) {
  arguments.insert(arguments.begin(), "orderd");
  return parse_command_line(static_cast<int>(arguments.size()), arguments.data(), environment);
}

// All that is wrong, for a line that has to be refused.
std::string refused(const std::vector<const char*>& arguments, const Environment& environment = {}) {
  const CommandLine line = parse(arguments, environment);
  CHECK(line.action == Action::kDone);
  CHECK(line.exit_status == 2);
  CHECK(line.output.empty());
  const std::string hint = "orderd --help tells more\n";
  REQUIRE(line.errors.ends_with(hint));
  return line.errors.substr(0, line.errors.size() - hint.size());
}

TEST_CASE("without arguments the daemon runs with the defaults") {
  const CommandLine line = parse({});
  CHECK(line.action == Action::kRun);
  CHECK(line.exit_status == 0);
  CHECK(line.output.empty());
  CHECK(line.errors.empty());
  CHECK(line.settings.valkey.url == "valkey://127.0.0.1:6379");
}

TEST_CASE("flags and variables and the file make the settings and are kept for a reload") {
  const test::TemporaryDirectory directory;
  const std::string file = test::write_file(directory, "f.toml", "[streams]\ngroup = \"file\"\nconsumer = \"file\"\n");
  const CommandLine line = parse({"--config", file.c_str(), "--log.level", "warn", "--valkey.url=embedded:a=b"},
                                 {{"ORDERD_STREAMS_GROUP", "variable"}});
  REQUIRE_MESSAGE(line.action == Action::kRun, line.errors);
  CHECK(line.settings.streams.group == "variable");
  CHECK(line.settings.streams.consumer == "file");
  CHECK(line.settings.log.level == settings::LogLevel::kWarn);
  CHECK(line.settings.valkey.url == "embedded:a=b");
  const auto again = settings::load(line.sources);
  REQUIRE(again.ok());
  CHECK(settings::print(*again) == settings::print(line.settings));
}

TEST_CASE("a flag keeps its value as it was given") {
  for (const char* value : {"{}", "[]", "[a,b]", "-", "--", "-1", "a b", "%%", "\"q\"", "a,b"}) {
    CAPTURE(value);
    CHECK(parse({"--streams.group", value}).settings.streams.group == value);
    CHECK(parse({(std::string("--streams.group=") + value).c_str()}).settings.streams.group == value);
  }
}

TEST_CASE("a flag with an empty value eats nothing") {
  const CommandLine line = parse({"--valkey.username=", "--log.level", "debug"}, {{"ORDERD_VALKEY_USERNAME", "anna"}});
  REQUIRE_MESSAGE(line.action == Action::kRun, line.errors);
  CHECK(line.settings.valkey.username.empty());
  CHECK(line.settings.log.level == settings::LogLevel::kDebug);
  CHECK(parse({"--valkey.username", ""}).action == Action::kRun);
}

TEST_CASE("the last of the same flags wins and all have to be good") {
  CHECK(parse({"--streams.group", "a", "--log.level=warn", "--streams.group=b"}).settings.streams.group == "b");
  CHECK(holds(refused({"--log.level", "loud", "--log.level", "info"}), "--log.level: \"loud\" is not known"));
}

TEST_CASE("help names every flag and the exit codes and ends well") {
  for (const char* flag : {"--help", "-h"}) {
    const CommandLine line = parse({flag, "--log.levle", "x"});
    CHECK(line.action == Action::kDone);
    CHECK(line.exit_status == 0);
    CHECK(line.errors.empty());
    for (const settings::Setting& row : settings::table())
      CHECK(holds(line.output, row.flag() + " ") == row.supported());
    for (const char* part : {"Usage: orderd", "[processing]:", "Examples:", "Exit status:", "--check", "--print-config",
                             "--version", "--config FILE", "[30s]", "(create, stop)"}) {
      CHECK(holds(line.output, part));
    }
    CHECK(!holds(line.output, "\n\n\n"));
  }
}

TEST_CASE("the version is the one of the build") {
  const CommandLine line = parse({"--version"});
  CHECK(line.action == Action::kDone);
  CHECK(line.exit_status == 0);
  CHECK(line.output == std::string("orderd ") + ORDERD_VERSION + "\n");
}

TEST_CASE("check says that the settings are good or what is wrong") {
  const CommandLine line = parse({"--check"});
  CHECK(line.action == Action::kDone);
  CHECK(line.exit_status == 0);
  CHECK(line.output == "the settings are good\n");
  CHECK(refused({"--check", "--log.level", "loud"}) ==
        "orderd: --log.level: \"loud\" is not known; allowed: trace, debug, info, warn, error\n");
}

TEST_CASE("print-config prints what is in force without secrets") {
  const CommandLine line =
      parse({"--print-config", "--log.level=warn"}, {{"ORDERD_VALKEY_URL", "valkey://a:hunter2@h"}});
  CHECK(line.action == Action::kDone);
  CHECK(line.exit_status == 0);
  CHECK(holds(line.output, "level = \"warn\"\n"));
  CHECK(holds(line.output, "url = \"valkey://a:***@h:6379\"\n"));
  CHECK(!holds(line.output, "hunter2"));
  CHECK(holds(refused({"--print-config", "--log.level=loud"}), "loud"));
}

TEST_CASE("mistakes of the arguments and of the settings are told together with a line each") {
  CHECK(refused({"--log.levle", "info", "--processing.max_lines=0", "extra"}, {{"ORDERD_LOG_LEVLE", "x"}}) ==
        "orderd: --log.levle: unknown flag; did you mean --log.level?\n"
        "orderd: \"extra\": unexpected; orderd takes flags only\n"
        "orderd: ORDERD_LOG_LEVLE: unknown variable; did you mean ORDERD_LOG_LEVEL?\n"
        "orderd: --processing.max_lines: \"0\" is out of range; allowed: a whole number from 1 to 1000\n");
}

TEST_CASE("an unknown flag is told the nearest") {
  CHECK(refused({"--chekc"}) == "orderd: --chekc: unknown flag; did you mean --check?\n");
  CHECK(refused({"--valkey.ulr=valkey://h"}) == "orderd: --valkey.ulr: unknown flag; did you mean --valkey.url?\n");
  CHECK(holds(refused({"--url", "x"}), "--url: unknown flag; "));
  CHECK(refused({"-v"}) == "orderd: -v: unknown flag; there is one short flag, -h\n");
}

TEST_CASE("a flag without its value is refused") {
  CHECK(refused({"--log.level"}).starts_with("orderd: --log.level: "));
  CHECK(refused({"--config"}).starts_with("orderd: --config: "));
  CHECK(refused({"--config="}) == "orderd: --config: a file's name is expected\n");
  CHECK(refused({"--config", "a", "--config", "b"}).starts_with("orderd: --config: "));
}

TEST_CASE("flags that do not work yet say so with and without a value") {
  for (const settings::Setting& row : settings::table()) {
    if (row.supported()) continue;
    const std::string error = "orderd: " + row.flag() + " is not supported yet\n";
    CHECK(refused({row.flag().c_str()}) == error);
    CHECK(refused({row.flag().c_str(), "false"}) == error);
    CHECK(refused({(row.flag() + "=[]").c_str()}) == error);
  }
}

TEST_CASE("a file that is missing is refused") {
  CHECK(refused({"--config", "/nowhere/orderd.toml"}) ==
        "orderd: /nowhere/orderd.toml: the file cannot be read: No such file or directory\n");
}

TEST_CASE("no message repeats a password") {
  for (const std::vector<const char*>& arguments :
       std::vector<std::vector<const char*>>{{"--valkey.url", "valkey://u:hunter2@h"},
                                             {"--valkey.url=valkey://u:hunter2@h:x"},
                                             {"--valkey.password", "hunter2"},
                                             {"--valkey.password=hunter2"},
                                             {"-phunter2"},
                                             {"-p", "hunter2"},
                                             {"valkey://u:hunter2@h"}}) {
    CHECK(!holds(refused(arguments), "hunter2"));
  }
}

TEST_CASE("output that cannot be written is a failure at run time") {
  const CommandLine line = parse({"--version"});
  std::fflush(stdout);
  const int saved = ::dup(STDOUT_FILENO);
  const int full = ::open("/dev/full", O_WRONLY);
  REQUIRE(full >= 0);
  ::dup2(full, STDOUT_FILENO);
  const int status = tell(line);
  ::dup2(saved, STDOUT_FILENO);
  ::close(saved);
  ::close(full);
  std::clearerr(stdout);
  CHECK(status == 1);
}

}  // namespace
}  // namespace orderd::daemon
