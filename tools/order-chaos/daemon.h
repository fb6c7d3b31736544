// One orderd of a trial, with its settings in a file, so that SIGHUP has something to reload; on a single server it is
// behind its own fault proxy.
#pragma once

#include <csignal>
#include <optional>

#include "order-chaos/pace.h"
#include "order-chaos/proxy/fault_proxy.h"
#include "support/process.h"

namespace orderd::chaos {

// The programs under test.
struct Programs {
  std::string orderd;
  std::string orderctl;
};

// The daemons' user on the server, so that a fault can take rights from the daemons only.
inline constexpr const char* kDaemonUser = "orderd";

// Only the code that stopped it restarts it.
class Daemon {
 public:
  enum class Log {
    kFile,
    kFull,     // /dev/full, where every write fails
    kStalled,  // a full pipe that nobody reads
  };

  // `settings`: the text of its file, which is created in `directory`.
  Daemon(const Programs& programs, const std::string& directory, std::string name, std::string settings,
         std::unique_ptr<test::FaultProxy> proxy = nullptr)
      : orderd_(programs.orderd),
        name_(std::move(name)),
        settings_file_(directory + "/" + name_ + ".toml"),
        settings_(std::move(settings)),
        proxy_(std::move(proxy)) {
    start();
  }

  void start(Log log = Log::kFile);
  // SIGKILL; waits for the exit.
  void kill() {
    end_expected_ = true;
    process_->signal(SIGKILL);
    process_->wait();
  }
  void restart(Log log = Log::kFile) {
    kill();
    start(log);
  }
  // Runs it in slices of 2 ms, with these pauses before each.
  void stutter(int times, std::chrono::milliseconds paused);
  // Whether it handles signals yet. Until then they kill it, like any program.
  [[nodiscard]] bool handles_signals() const;
  // A fault may also keep it from starting. Throws std::runtime_error if it does not handle signals in time.
  void until_it_listens();
  // Sends a signal when it handles signals. Not sent if it exited because the server refused it.
  void tell(int signal);
  // If it exited unexpectedly, returns how, once, and restarts it.
  [[nodiscard]] std::optional<std::string> surprise();
  // Until the next start, an exit is expected.
  void expect_end() { end_expected_ = true; }

  [[nodiscard]] test::Process& process() { return *process_; }
  [[nodiscard]] bool running() { return process_->running(); }
  // Its processing.name.
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& settings_file() const { return settings_file_; }
  // The settings file while no fault changes it.
  [[nodiscard]] const std::string& settings() const { return settings_; }
  [[nodiscard]] test::FaultProxy& proxy() { return *proxy_; }
  // Its log since the last start, or the end of it; below, the log of all its processes.
  [[nodiscard]] std::string log(std::size_t bytes = SIZE_MAX) const;
  [[nodiscard]] std::string whole_log() const { return past_log_ + log(); }
  // Calls of scripts that it has sent: shows that it serves or renews the lease.
  [[nodiscard]] uint64_t calls() { return proxy_->commands("EVALSHA"); }

 private:
  std::string orderd_, name_, settings_file_, settings_;
  std::unique_ptr<test::FaultProxy> proxy_;
  std::string past_log_;
  bool end_expected_ = false;
  std::unique_ptr<test::Process> process_;
};

}  // namespace orderd::chaos
