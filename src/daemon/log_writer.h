// Writes log lines to a descriptor without ever blocking the thread that logs.
//
// write(2) to a full pipe, to a terminal stopped with Ctrl-S or to a hanging disk blocks for as long as that lasts. So
// lines go through a bounded queue to a thread that only writes. Alternatives that were considered:
// - O_NONBLOCK belongs to the open file description, which other processes share (the shell, tee): it would break them.
// - poll() before write() does not help if another process fills the pipe in between, and not with terminals and disks,
//   which accept a part and block on the rest.
// - Opening /proc/self/fd/2 again gives a description of our own, but fails for sockets (journald), for a pipe or a
//   terminal of another user (sudo), and without /proc.
// The thread works with every kind of descriptor. It also absorbs bursts, and reports a gap as soon as lines can be
// written again.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

namespace orderd::daemon {

class LogWriter {
 public:
  // Formats the line that reports lost lines, with its '\n'. Called in the writing thread; must not use anything that
  // may be destroyed before the process ends.
  using Notice = std::function<std::string(uint64_t lines)>;

  static constexpr std::size_t kQueueBytes = std::size_t{1} << 20;
  // How long the end of a program waits for a reader that does not read.
  static constexpr std::chrono::milliseconds kPatience{250};

  // `file` remains owned by the caller; what it refers to may change while nothing is written.
  LogWriter(int file, Notice notice, std::size_t queue_bytes = kQueueBytes);
  // Writes what is queued, for at most kPatience. If the thread is still blocked then, it is abandoned, and `file` must
  // stay valid until the process ends.
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  // Queues one line, which ends with '\n'. Never blocks on `file`. A line that finds the queue full is dropped, and so
  // are all lines until the queue has been taken: a gap has one place, where the notice goes. A line of any length is
  // queued whole.
  void write(std::string_view line);
  // Waits until all lines are written or lost. False if that takes longer than `patience`.
  bool flush(std::chrono::milliseconds patience = kPatience);
  // Lines lost so far, because the queue was full or writing failed.
  [[nodiscard]] uint64_t dropped() const;
  // True if nothing is queued or being written. Can be called in a signal handler.
  [[nodiscard]] bool idle() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
  std::thread thread_;
};

}  // namespace orderd::daemon
