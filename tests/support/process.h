// A program started by a test: its output is kept, and it never outlives the test.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <vector>

#include "support/temporary_directory.h"

namespace orderd::test {

struct ProcessOptions {
  // "NAME=value", added to the test's environment; the last value of a name wins.
  std::vector<std::string> environment = {};
  std::string input = {};  // its standard input
};

class Process {
 public:
  // Starts argv[0], found on PATH. Throws std::runtime_error if it cannot be started.
  // It is killed when the thread that started it ends: start it from the test's thread.
  explicit Process(std::vector<std::string> argv, const ProcessOptions& options = {});
  // Kills it if it is still running.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool running();
  // Does nothing once the process has ended.
  void signal(int number);
  // SIGSTOP; returns when the process has stopped (or exited).
  void pause();
  void resume() { signal(SIGCONT); }

  // Waits for the exit. Returns the exit status, or 128 + the signal number, like a shell.
  // Throws std::runtime_error, with the end of errors(), if the deadline passes first.
  int wait(std::chrono::milliseconds deadline = std::chrono::seconds(30));

  // Its output so far.
  [[nodiscard]] std::string output() const { return contents("output"); }
  [[nodiscard]] std::string errors() const { return contents("errors"); }

 private:
  [[nodiscard]] std::string contents(const std::string& name) const;

  std::string name_;
  TemporaryDirectory files_;
  pid_t pid_ = -1;
  std::optional<int> status_;  // as returned by wait(); set when it is reaped
};

}  // namespace orderd::test
