// order-replay run like from a shell, with its own server.
#pragma once

#include <string>

#include "integration/orderctl_desk.h"

namespace orderd::test {

class ReplayDesk : public Desk {
 public:
  using Desk::Desk;

  // order-replay with the server's address; finished within two minutes.
  [[nodiscard]] Ran replay(const Words& words, const ProcessOptions& options = {}) const;
  // The same in the background.
  [[nodiscard]] Process start_replay(const Words& words, const ProcessOptions& options = {}) const;
  // A file in the test's own directory.
  [[nodiscard]] std::string file(const std::string& name) const { return files_.file(name); }
  // Generates a workload in a file of this name.
  [[nodiscard]] std::string workload(const std::string& name, const Words& flags) const;

 private:
  TemporaryDirectory files_;
};

[[nodiscard]] std::string content_of(const std::string& file);
void write_file(const std::string& file, const std::string& content);

}  // namespace orderd::test
