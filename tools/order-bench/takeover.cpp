// An order is pushed just after the event, so this measures how long it waits: until a daemon serves and its result can
// be read.
#include <chrono>
#include <cmath>
#include <csignal>
#include <thread>

#include "order-bench/bench.h"
#include "order-bench/lab.h"
#include "settings/settings.h"
#include "support/valkey_helpers.h"

namespace orderd::bench {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::microseconds kLookEvery{500};
constexpr std::chrono::seconds kPatience{30};

template <class Condition>
void wait_until(const char* what, const Condition& condition) {
  const auto end = Clock::now() + kPatience;
  while (!condition()) {
    if (Clock::now() > end) throw std::runtime_error(std::string("it took too long until ") + what);
    std::this_thread::sleep_for(kLookEvery);
  }
}

// One event on a server of its own. Returns the milliseconds from the event to the result of an order.
class Scene {
 public:
  explicit Scene(const Plan& plan) : orderd_(orderd_at(plan.orderd)) { stock_up(lab_.admin(), {}); }

  // A daemon starts with an order waiting.
  double start_one() {
    push();
    const auto event = Clock::now();
    const auto daemon = start("first");
    const double ms = ms_to_result(event);
    stop(*daemon);
    return ms;
  }
  // The active one of two daemons gets a signal.
  double signal_one_of_two(int signal) {
    const auto active = start("first");
    wait_until("a daemon served", [&] {
      return test::ask(lab_.admin(), {"GET", "orders:owner"}).starts_with("first");
    });
    const auto other = start("second");
    wait_until("a daemon was on standby", [&] {
      return test::ask_number(lab_.admin(), {"ZCARD", "orders:standby"}) > 0;
    });
    const auto event = Clock::now();
    active->signal(signal);
    (void)active->wait();
    push();
    const double ms = ms_to_result(event);
    stop(*other);
    return ms;
  }

 private:
  std::unique_ptr<test::Process> start(const std::string& name) {
    return start_orderd(orderd_, lab_.environment(), name);
  }
  void push() { fill(lab_.admin(), {}, 1); }
  double ms_to_result(Clock::time_point event) {
    wait_until("the result could be read", [&] { return test::length(lab_.admin(), "results") == 1; });
    return std::chrono::duration<double, std::milli>(Clock::now() - event).count();
  }

  Lab lab_;
  Orderd orderd_;
};

}  // namespace

void measure_takeover(const Plan& plan, Report& report) {
  const double lease_ms = static_cast<double>(settings::Settings().processing.lease.count());
  Table table{"How long an order waits for a daemon, unix socket",
              {{"ms", 0}},
              {"With the default processing.lease of " + std::to_string(std::lround(lease_ms)) + " ms."}};
  repeat(plan.repeat, "takeover", [&] {
    const double started = Scene(plan).start_one();
    const double stopped = Scene(plan).signal_one_of_two(SIGTERM);
    const double killed = Scene(plan).signal_one_of_two(SIGKILL);
    report.at_most(100, "start to first result, ms", started, 0);
    report.at_most(500, "clean stop of the active daemon to next result, ms", stopped, 0);
    report.at_most(lease_ms + 500, "kill -9 of the active daemon to next result, ms", killed, 0);
    table.add("started with an order waiting", {started});
    table.add("SIGTERM to the active one of two", {stopped});
    table.add("SIGKILL to the active one of two", {killed});
  });
  report.table(std::move(table));
}

}  // namespace orderd::bench
