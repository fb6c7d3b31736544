// The systemd unit, as systemd itself judges it.
#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>

#include "support/process.h"

namespace orderd::test {
namespace {

// Fails the test unless it succeeds and has nothing to say on standard error.
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
  std::ifstream file(ORDERD_SOURCE_DIR "/config/orderd.service");
  std::string unit{std::istreambuf_iterator<char>(file), {}};
  const std::string program = "/usr/bin/orderd";  // need not be there
  REQUIRE(unit.find(program) != std::string::npos);
  unit.replace(unit.find(program), program.size(), ORDERD_PATH);
  const TemporaryDirectory directory;
  std::ofstream(directory.file("orderd.service")) << unit;
  analyze({"verify", "--man=no", directory.file("orderd.service")});
}

TEST_CASE("systemd finds the unit exposed by 1.5 of 10 at most") {
  analyze({"security", "--offline=true", "--threshold=15", ORDERD_SOURCE_DIR "/config/orderd.service"});
}

}  // namespace orderd::test
