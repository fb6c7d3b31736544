// The queue is one string of whole lines. The thread swaps it for an empty one, writes it, and repeats. Lines are lost
// in two places: write() finds the queue full, or the descriptor fails; both are reported at the place of the gap.
#include "daemon/log_writer.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace orderd::daemon {

struct LogWriter::State {
  State(int file, Notice notice, std::size_t queue_bytes)
      : file_(file), notice_(std::move(notice)), queue_bytes_(queue_bytes) {}

  // In the writing thread. Returns true if its end is no longer waited for, and the state is the thread's to free.
  [[nodiscard]] bool run();
  void write_batch(std::string_view batch, uint64_t gap);
  [[nodiscard]] uint64_t put(std::string_view lines);
  [[nodiscard]] std::size_t put_bytes(std::string_view text) const;

  const int file_;
  const Notice notice_;
  const std::size_t queue_bytes_;

  std::mutex mutex_;
  std::condition_variable filled_;  // the thread has work
  std::condition_variable done_;    // the thread is idle, or has ended
  std::string queue_;               // whole lines
  uint64_t gap_ = 0;                // lines dropped after those in queue_
  bool stopping_ = false;
  bool ended_ = false;
  bool abandoned_ = false;
  std::atomic<bool> idle_ = true;
  std::atomic<uint64_t> dropped_ = 0;

  // Of the writing thread:
  uint64_t owed_ = 0;  // lines lost that no notice has reported yet
  bool torn_ = false;  // the last line was written in part
};

bool LogWriter::State::run() {
  std::string batch;
  std::unique_lock lock(mutex_);
  while (true) {
    filled_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) break;
    batch.clear();
    batch.swap(queue_);
    const uint64_t gap = std::exchange(gap_, 0);
    lock.unlock();
    write_batch(batch, gap);
    lock.lock();
    if (!queue_.empty()) continue;
    idle_ = true;
    done_.notify_all();
  }
  ended_ = true;
  done_.notify_all();
  return abandoned_;
}

// `gap` lines were dropped after `batch`.
void LogWriter::State::write_batch(std::string_view batch, uint64_t gap) {
  const auto report = [&] {
    if (owed_ > 0 && put(notice_(owed_)) == 0) owed_ = 0;
  };
  report();
  const uint64_t lost = put(batch);
  dropped_ += lost;
  owed_ += lost + gap;
  // While writing fails, it would fail for the notice too.
  if (lost == 0) report();
}

// Returns how many of `lines` were not written completely.
uint64_t LogWriter::State::put(std::string_view lines) {
  // The rest of the last line is lost: terminate it, so that the next one starts on a new line.
  if (torn_ && put_bytes("\n") == 1) torn_ = false;
  const std::size_t done = torn_ ? 0 : put_bytes(lines);
  if (done > 0) torn_ = lines[done - 1] != '\n';
  return static_cast<uint64_t>(std::count(lines.begin() + static_cast<std::ptrdiff_t>(done), lines.end(), '\n'));
}

// Blocks until `text` is written or writing fails. Returns how many bytes were written.
std::size_t LogWriter::State::put_bytes(std::string_view text) const {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t written = ::write(file_, text.data() + done, text.size() - done);
    if (written > 0) {
      done += static_cast<std::size_t>(written);
      continue;
    }
    if (written < 0 && errno == EINTR) continue;
    if (written == 0 || errno != EAGAIN) break;
    // Another process has made the open file description nonblocking.
    pollfd writable{.fd = file_, .events = POLLOUT, .revents = 0};
    if (::poll(&writable, 1, -1) < 0 && errno != EINTR) break;
  }
  return done;
}

LogWriter::LogWriter(int file, Notice notice, std::size_t queue_bytes)
    : state_(std::make_unique<State>(file, std::move(notice), queue_bytes)) {
  // Signals are for the loop's thread. SIGPIPE stays pending here, and write(2) returns EPIPE.
  sigset_t all{};
  sigset_t before{};
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([state = state_.get()] {
    if (state->run()) std::unique_ptr<State>(state).reset();
  });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

LogWriter::~LogWriter() {
  std::unique_lock lock(state_->mutex_);
  state_->stopping_ = true;
  state_->filled_.notify_one();
  const bool ended = state_->done_.wait_for(lock, kPatience, [&] { return state_->ended_; });
  state_->abandoned_ = !ended;
  if (ended) {
    lock.unlock();
    thread_.join();
  } else {
    // The thread is blocked in write(2) and uses its state when that returns: leave both to it. order matters: before
    // the unlock, after which the thread may free the state.
    thread_.detach();
    State* const abandoned = state_.release();
    lock.release();
    abandoned->mutex_.unlock();
  }
}

void LogWriter::write(std::string_view line) {
  const std::lock_guard lock(state_->mutex_);
  if (state_->gap_ > 0 || state_->queue_.size() >= state_->queue_bytes_) {
    ++state_->gap_;
    ++state_->dropped_;
    return;
  }
  if (state_->queue_.empty()) state_->filled_.notify_one();
  state_->queue_.append(line);
  state_->idle_ = false;
}

bool LogWriter::flush(std::chrono::milliseconds patience) {
  std::unique_lock lock(state_->mutex_);
  return state_->done_.wait_for(lock, patience, [&] { return state_->idle_.load(); });
}

uint64_t LogWriter::dropped() const {
  return state_->dropped_;
}

bool LogWriter::idle() const {
  static_assert(std::atomic<bool>::is_always_lock_free, "needed in a signal handler");
  return state_->idle_;
}

}  // namespace orderd::daemon
