// order-replay run like from a shell, with its own server. Its path comes from the build: ORDER_REPLAY_PATH.
#pragma once

#include <fstream>
#include <iterator>
#include <string>

#include "integration/orderctl_desk.h"

namespace orderd::test {

class ReplayDesk : public Desk {
 public:
  using Desk::Desk;

  // order-replay with the server's address; finished within two minutes.
  [[nodiscard]] Ran replay(const Words& words, const ProcessOptions& options = {}) const {
    Ran ran = outcome_of(start_replay(words, options), std::chrono::minutes(2));
    ran.words = words;
    return ran;
  }
  // The same in the background.
  [[nodiscard]] Process start_replay(const Words& words, const ProcessOptions& options = {}) const {
    return Process(clean_command(ORDER_REPLAY_PATH, joined({"--valkey.url", url()}, words)), options);
  }
  // A file in the test's own directory.
  [[nodiscard]] std::string file(const std::string& name) const { return files_.file(name); }
  // Generates a workload in a file of this name.
  [[nodiscard]] std::string workload(const std::string& name, const Words& flags) const {
    const Ran ran = replay(joined({"generate", "-o", file(name)}, flags));
    REQUIRE_MESSAGE(ran.status == 0, ran.errors);
    return file(name);
  }

 private:
  TemporaryDirectory files_;
};

[[nodiscard]] inline std::string content_of(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  REQUIRE_MESSAGE(stream.good(), "cannot read ", file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

inline void write_file(const std::string& file, const std::string& content) {
  std::ofstream stream(file, std::ios::binary);
  stream << content;
  stream.close();
  REQUIRE_MESSAGE(stream.good(), "cannot write ", file);
}

}  // namespace orderd::test
