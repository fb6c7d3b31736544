// One orderd of a trial, behind its own fault proxy.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "chaos/fault_proxy.h"
#include "support/process.h"

namespace orderd::chaos {

// The programs under test.
struct Programs {
  std::string orderd;
  std::string orderctl;
};

// The daemons' user on the server, so that a fault can take rights from the daemons only.
inline constexpr const char* kDaemonUser = "orderd";
inline constexpr const char* kDaemonPassword = "chaos";

// Only the code that stopped it restarts it.
class Daemon {
 public:
  enum class Log {
    kFile,
    kFull,     // /dev/full, where every write fails
    kStalled,  // a full pipe that nobody reads
  };

  // Does not start it.
  Daemon(const Programs& programs, valkey::Endpoint server, const std::string& directory, std::string name,
         uint64_t seed);

  void start(Log log = Log::kFile);
  // SIGKILL; waits for the exit.
  void kill();
  // If it exited unexpectedly, returns how, once, and restarts it.
  [[nodiscard]] std::optional<std::string> surprise();
  // Until the next start, an exit is expected.
  void expect_end() { end_expected_ = true; }

  [[nodiscard]] test::Process& process() { return *process_; }
  [[nodiscard]] bool running() { return process_ && process_->running(); }
  // Its processing.name.
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& settings_file() const { return settings_file_; }
  // The settings file while no fault changes it.
  [[nodiscard]] const std::string& settings() const { return settings_; }
  // Its log since the last start; below, the log of all its processes.
  [[nodiscard]] std::string log() const { return process_ ? process_->errors() : ""; }
  [[nodiscard]] std::string whole_log() const { return past_log_ + log(); }
  // Calls of scripts that it has sent: shows that it serves or renews the lease.
  [[nodiscard]] uint64_t calls() { return proxy.commands("EVALSHA"); }

  test::FaultProxy proxy;

 private:
  const Programs& programs_;
  std::string name_;
  std::string settings_file_;
  std::string settings_;
  std::string past_log_;
  bool end_expected_ = false;
  std::unique_ptr<test::Process> process_;
};

}  // namespace orderd::chaos
