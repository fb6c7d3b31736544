// The program's path comes from the build: ORDER_REPLAY_PATH.
#include "integration/replay_desk.h"

#include <fstream>
#include <sstream>

namespace orderd::test {

Ran ReplayDesk::replay(const Words& words, const ProcessOptions& options) const {
  Process process = start_replay(words, options);
  const int status = process.wait(std::chrono::minutes(2));
  return {status, process.output(), process.errors()};
}

Process ReplayDesk::start_replay(const Words& words, const ProcessOptions& options) const {
  Words all = {"--valkey.url", url()};
  all.insert(all.end(), words.begin(), words.end());
  return Process(clean_command(ORDER_REPLAY_PATH, all), options);
}

std::string ReplayDesk::workload(const std::string& name, const Words& flags) const {
  Words words = {"generate", "-o", file(name)};
  words.insert(words.end(), flags.begin(), flags.end());
  const Ran ran = replay(words);
  REQUIRE_MESSAGE(ran.status == 0, ran.errors);
  return file(name);
}

std::string content_of(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  REQUIRE_MESSAGE(stream.good(), "cannot read ", file);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

void write_file(const std::string& file, const std::string& content) {
  std::ofstream stream(file, std::ios::binary);
  stream << content;
  stream.close();
  REQUIRE_MESSAGE(stream.good(), "cannot write ", file);
}

}  // namespace orderd::test
