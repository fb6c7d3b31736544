// One orderd of a trial, behind a fault proxy of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "chaos/fault_proxy.h"
#include "support/process.h"

namespace orderd::chaos {

// Where the programs under test are.
struct Programs {
  std::string orderd;
  std::string orderctl;
};

// The daemons' user at the server, so that rights can be taken from them alone.
inline constexpr const char* kDaemonUser = "orderd";
inline constexpr const char* kDaemonPassword = "chaos";

// It is restarted only by those who have ended it.
class Daemon {
 public:
  enum class Log {
    kFile,
    kFull,     // /dev/full, where every write fails
    kStalled,  // a full pipe that nobody reads
  };

  // Not started yet.
  Daemon(const Programs& programs, valkey::Endpoint server, const std::string& directory, std::string name,
         uint64_t seed);

  void start(Log log = Log::kFile);
  // SIGKILL; it is gone when this returns.
  void kill();
  // Has it ended although nobody ended it? Answers how, once, and starts it again.
  [[nodiscard]] std::optional<std::string> surprise();
  // Until it is started again, its end is no surprise.
  void expect_end() { end_expected_ = true; }

  [[nodiscard]] test::Process& process() { return *process_; }
  [[nodiscard]] bool running() { return process_ && process_->running(); }
  // Its processing.name.
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& settings_file() const { return settings_file_; }
  // What the settings file holds while all is well.
  [[nodiscard]] const std::string& settings() const { return settings_; }
  // Its log since its last start; and all of it, also of the processes before.
  [[nodiscard]] std::string log() const { return process_ ? process_->errors() : ""; }
  [[nodiscard]] std::string whole_log() const { return past_log_ + log(); }
  // Calls of scripts that it has sent: it is at work, or looks after the lease.
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
