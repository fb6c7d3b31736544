// The systemd unit, checked by systemd itself.
#include "integration/replay_desk.h"

namespace orderd::test {
namespace {

const std::string kUnit = ORDERD_SOURCE_DIR "/config/orderd.service";

// Fails the test unless it succeeds without a message on standard error.
void analyze(const Words& words) {
  INFO("needs the package systemd (tools/setup installs it)");
  CHECK(succeeded(outcome_of(Process(joined({"systemd-analyze", "--no-pager"}, words)))).errors == "");
}

}  // namespace

TEST_CASE("systemd finds no mistake in the unit") {
  std::string text = content_of(kUnit);
  const std::string program = "/usr/bin/orderd";  // need not exist
  REQUIRE(contains(text, program));
  text.replace(text.find(program), program.size(), ORDERD_PATH);
  const TemporaryDirectory directory;
  write_file(directory.file("orderd.service"), text);
  analyze({"verify", "--man=no", directory.file("orderd.service")});
}

TEST_CASE("systemd rates the exposure of the unit at most 1.5 of 10") {
  analyze({"security", "--offline=true", "--threshold=15", kUnit});
}

TEST_CASE("the unit runs only programs of a minimal Debian") {
  int commands = 0;
  for (const std::string& line : lines_of(content_of(kUnit))) {
    if (!line.starts_with("Exec")) continue;
    ++commands;
    const std::string command = line.substr(line.find('=') + 1);
    CHECK_MESSAGE((command.starts_with("/usr/bin/orderd ") || command.starts_with("/bin/sh ")), line);
  }
  CHECK(commands == 2);
}

}  // namespace orderd::test
