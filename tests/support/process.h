// A program that a test starts: its output is kept, and it never outlives the test.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "support/temporary_directory.h"

namespace orderd::test {

struct ProcessOptions {
  std::vector<std::string> environment =
      {};                  // "NAME=value", added to the test's own or put in place of it; the last of a name counts
  std::string input = {};  // what stands in its standard input
};

class Process {
 public:
  // Starts argv[0], found on PATH. Throws std::runtime_error when it cannot be started.
  // It is killed with the thread that started it: start it from the thread that runs the test.
  explicit Process(std::vector<std::string> argv, const ProcessOptions& options = {});
  // Kills it where it still runs.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool running();
  // Does nothing once the process has ended.
  void signal(int number);
  // SIGSTOP; returns when the process stands still (or has ended).
  void pause();
  void resume();

  // Waits for the end. The exit status, or 128 + the number of the signal that ended it, as shells have it.
  // Throws std::runtime_error, with the end of errors(), when the deadline passes first.
  int wait(std::chrono::milliseconds deadline = std::chrono::seconds(30));

  // What it has written so far.
  [[nodiscard]] std::string output() const;
  [[nodiscard]] std::string errors() const;

 private:
  std::string name_;
  TemporaryDirectory files_;
  pid_t pid_ = -1;
  std::optional<int> status_;  // as wait() answers it; set once it is reaped
};

}  // namespace orderd::test
