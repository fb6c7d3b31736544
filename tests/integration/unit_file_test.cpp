// The systemd unit, checked by systemd itself.
#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <stdexcept>

#include "support/process.h"
#include "support/text.h"

namespace orderd::test {
namespace {

std::string unit() {
  std::ifstream file(ORDERD_SOURCE_DIR "/config/orderd.service");
  return {std::istreambuf_iterator<char>(file), {}};
}

// Fails the test unless it succeeds without a message on standard error.
void analyze(std::vector<std::string> words) {
  words.insert(words.begin(), {"systemd-analyze", "--no-pager"});
  std::unique_ptr<Process> run;
  try {
    run = std::make_unique<Process>(words);
  } catch (const std::runtime_error& error) {
    FAIL(error.what(), "; install the package systemd (tools/setup does)");
  }
  const int status = run->wait();
  CHECK_MESSAGE(status == 0, run->output(), run->errors());
  CHECK(run->errors() == "");
}

}  // namespace

TEST_CASE("systemd finds no mistake in the unit") {
  std::string text = unit();
  const std::string program = "/usr/bin/orderd";  // need not exist
  REQUIRE(contains(text, program));
  text.replace(text.find(program), program.size(), ORDERD_PATH);
  const TemporaryDirectory directory;
  std::ofstream(directory.file("orderd.service")) << text;
  analyze({"verify", "--man=no", directory.file("orderd.service")});
}

TEST_CASE("systemd rates the exposure of the unit at most 1.5 of 10") {
  analyze({"security", "--offline=true", "--threshold=15", ORDERD_SOURCE_DIR "/config/orderd.service"});
}

TEST_CASE("the unit runs only programs of a minimal Debian") {
  std::istringstream lines(unit());
  int commands = 0;
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("Exec")) continue;
    ++commands;
    const std::string command = line.substr(line.find('=') + 1);
    CHECK_MESSAGE((command.starts_with("/usr/bin/orderd ") || command.starts_with("/bin/sh ")), line);
  }
  CHECK(commands == 2);
}

}  // namespace orderd::test
