// Following the results stream. Everything printed is flushed before each wait, so a signal during a wait may end the
// process at once; one that arrives while printing takes effect before the next wait.
#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <optional>
#include <random>

#include "orderctl/results.h"
#include "shared/output.h"
#include "shared/result_tail.h"
#include "valkey/backoff.h"

namespace orderd::tools {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kBlock{1000};

volatile std::sig_atomic_t waiting = 0;
volatile std::sig_atomic_t stopped = 0;

extern "C" void on_stop(int /*signal*/) {
  if (waiting != 0) _exit(kDone);
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
    waiting = 1;
    if (stopped != 0) _exit(kDone);
  }
  ~Waiting() { waiting = 0; }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
};

}  // namespace

Result<int> follow_results(const Context& context, const std::string& after, ResultPrinter& printer) {
  stop_on(SIGINT);
  stop_on(SIGTERM);
  valkey::Backoff backoff(std::random_device{}());
  std::optional<ResultTail> tail;
  std::string last = after;
  std::string trouble;  // as reported last
  for (;;) {
    if (!flush_output()) return kFailed;
    std::string failure;
    if (!tail) {
      const Waiting now;
      auto opened = ResultTail::after(context.settings, last);
      if (opened) {
        tail.emplace(std::move(*opened));
      } else {
        failure = opened.error();
      }
    }
    if (tail) {
      Result<std::size_t> read = [&] {
        const Waiting now;
        return tail->read(kBlock, [&](const Entry& entry) {
          waiting = 0;  // from here on something is printed
          printer.add(entry, 0);
        });
      }();
      if (read) {
        printer.end_page();
        if (!trouble.empty()) note("reconnected");
        trouble.clear();
        backoff.reset();
        last = tail->last();
        continue;
      }
      if (!tail->lost()) return read.failure();
      failure = read.error();
      tail.reset();
    }
    if (trouble.empty()) note(failure + "; reconnecting");
    trouble = failure;
    const Waiting now;
    (void)poll(nullptr, 0, static_cast<int>(backoff.next().count()));
  }
}

}  // namespace orderd::tools
