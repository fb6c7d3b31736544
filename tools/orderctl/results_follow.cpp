// Following the results streams. Each lane has a connection with one read outstanding, and poll() says which ones the
// server has answered. Everything printed is flushed before each wait, so a signal during a wait may end the process at
// once; one that arrives while printing takes effect before the next wait.
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <deque>
#include <random>

#include "orderctl/lane_clients.h"
#include "orderctl/results.h"
#include "shared/result_tail.h"
#include "valkey/backoff.h"

namespace orderd::tools {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// How long a read blocks in the server while there is nothing new.
constexpr milliseconds kBlock{1000};

volatile std::sig_atomic_t in_wait = 0;
volatile std::sig_atomic_t stopped = 0;

extern "C" void on_stop(int /*signal*/) {
  if (in_wait != 0) _exit(kDone);
  stopped = 1;
}

void stop_on(int signal) {
  struct sigaction action {};
  action.sa_handler = on_stop;
  action.sa_flags = SA_RESTART;               // a write in progress is completed
  (void)sigaction(signal, &action, nullptr);  // fails only for signals that do not exist
}

// While one of these lives, a signal ends the process.
class Waiting {
 public:
  Waiting() {
    in_wait = 1;
    if (stopped != 0) _exit(kDone);
  }
  ~Waiting() { in_wait = 0; }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
};

// Follows one lane.
class Follower {
 public:
  Follower(const Context& context, std::size_t lane, std::string last, ResultPrinter& printer)
      : settings_(context.lanes[lane]),
        where_(of_lane(context, settings_)),
        lane_(lane),
        last_(std::move(last)),
        printer_(printer),
        backoff_(std::random_device{}()) {}
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  [[nodiscard]] bool connected() const { return tail_.has_value(); }
  // What poll() has to look at; -1: there is no connection.
  [[nodiscard]] int descriptor() const { return tail_ ? tail_->descriptor() : -1; }
  // connect() or step() has to be called by then, also if the server does not answer.
  [[nodiscard]] Clock::time_point due() const { return due_; }
  // Is there something to do now? Asks the descriptor itself: since the last wait another lane may have taken long.
  [[nodiscard]] bool ready() const { return due_ <= Clock::now() || answered(); }

  // Connects and asks for the first page.
  void connect() {
    auto tail = [this] {
      const Waiting now;
      return ResultTail::after(settings_, last_);
    }();
    if (!tail) return lose(tail.error());
    tail_.emplace(std::move(*tail));
    ask();
  }

  // While connected: takes the page that the server has answered, and asks for the next one. A failure is one
  // that a new connection does not fix.
  Result<bool> step() {
    if (!answered()) {
      lose(tail_->server() + " did not answer within " + duration_text(patience()));
      return true;
    }
    const auto read = [this] {
      const Waiting now;
      return tail_->take([this](const Entry& entry) {
        in_wait = 0;  // from here on something is printed
        (void)printer_.add(entry, lane_);
      });
    }();
    if (!read && !tail_->lost()) return Failure{where_ + read.error()};
    if (!read) {
      lose(read.error());
      return true;
    }
    printer_.end_page();
    last_ = tail_->last();
    if (troubled_) note(where_ + "reconnected");
    troubled_ = false;
    backoff_.reset();
    ask();
    return true;
  }

 private:
  [[nodiscard]] milliseconds patience() const { return kBlock + settings_.valkey.reply_timeout; }

  [[nodiscard]] bool answered() const {
    pollfd one{.fd = descriptor(), .events = POLLIN, .revents = 0};
    return poll(&one, 1, 0) > 0;
  }

  void ask() {
    tail_->ask(kBlock);
    due_ = Clock::now() + patience();
  }
  void lose(const std::string& why) {
    tail_.reset();
    if (!troubled_) note(where_ + why + "; reconnecting");
    troubled_ = true;
    due_ = Clock::now() + backoff_.next();
  }

  const settings::Settings& settings_;
  const std::string where_;  // "lane 'a': "
  const std::size_t lane_;
  std::string last_;
  ResultPrinter& printer_;
  valkey::Backoff backoff_;
  std::optional<ResultTail> tail_;
  bool troubled_ = false;  // it was reported
  Clock::time_point due_ = Clock::now();
};

// Until one of them is answered or due.
void wait_for(const std::deque<Follower>& followers) {
  std::vector<pollfd> descriptors;
  Clock::time_point due = Clock::time_point::max();
  for (const Follower& follower : followers) {
    descriptors.push_back({.fd = follower.descriptor(), .events = POLLIN, .revents = 0});
    due = std::min(due, follower.due());
  }
  const auto left = std::max(std::chrono::ceil<milliseconds>(due - Clock::now()), milliseconds(0));
  const Waiting now;
  // After an error no descriptor is ready, and the next call returns immediately or reports it.
  (void)poll(descriptors.data(), descriptors.size(), static_cast<int>(left.count()));
}

}  // namespace

Result<int> follow_results(const Context& context, const std::vector<std::string>& after, ResultPrinter& printer) {
  stop_on(SIGINT);
  stop_on(SIGTERM);
  std::deque<Follower> followers;
  for (std::size_t i = 0; i < after.size(); ++i) followers.emplace_back(context, i, after[i], printer);
  if (!flush_output()) return kFailed;
  for (;;) {
    wait_for(followers);
    Follower* next = nullptr;  // to connect
    for (Follower& follower : followers) {
      if (!follower.ready()) continue;
      if (!follower.connected()) {
        if (next == nullptr || follower.due() < next->due()) next = &follower;
        continue;
      }
      if (const auto good = follower.step(); !good) return good.failure();
      // order matters: the next step may wait, and a signal ends the process then
      if (!flush_output()) return kFailed;
    }
    // One at a time: connecting waits for the server, and the other lanes wait for that.
    if (next != nullptr) next->connect();
  }
}

}  // namespace orderd::tools
