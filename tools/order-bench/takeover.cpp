// An order is pushed just after the event, so this measures how long it waits: until a daemon serves and its result can
// be read.
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

double ms_to_result(Lab& lab, Clock::time_point event) {
  wait_until("the result could be read", [&] { return test::length(lab.admin(), "results") == 1; });
  return std::chrono::duration<double, std::milli>(Clock::now() - event).count();
}

// Each event is on a server of its own. Both return the milliseconds from the event to the result of an order.

// A daemon starts with an order waiting.
double start_one(const Orderd& orderd) {
  Lab lab;
  stock_up(lab.admin(), {});
  fill(lab.admin(), {}, 1);
  const auto event = Clock::now();
  const auto daemon = start_orderd(orderd, lab.environment(), "first");
  const double ms = ms_to_result(lab, event);
  stop(*daemon);
  return ms;
}

// The active one of two daemons gets a signal.
double signal_one_of_two(const Orderd& orderd, int signal) {
  Lab lab;
  stock_up(lab.admin(), {});
  const auto active = start_orderd(orderd, lab.environment(), "first");
  wait_until("a daemon served", [&] { return test::ask(lab.admin(), {"GET", "orders:owner"}).starts_with("first"); });
  const auto other = start_orderd(orderd, lab.environment(), "second");
  wait_until("a daemon was on standby", [&] { return test::ask_number(lab.admin(), {"ZCARD", "orders:standby"}) > 0; });
  const auto event = Clock::now();
  active->signal(signal);
  (void)active->wait();
  fill(lab.admin(), {}, 1);
  const double ms = ms_to_result(lab, event);
  stop(*other);
  return ms;
}

}  // namespace

void measure_takeover(const Plan& plan, Report& report) {
  const Orderd orderd = orderd_at(plan.orderd);
  const double lease_ms = static_cast<double>(settings::Settings().processing.lease.count());
  Table table{"How long an order waits for a daemon, unix socket",
              {{"ms", 0}},
              {"With the default processing.lease of " + std::to_string(std::lround(lease_ms)) + " ms."}};
  repeat(plan.repeat, "takeover", [&] {
    const double started = start_one(orderd);
    const double stopped = signal_one_of_two(orderd, SIGTERM);
    const double killed = signal_one_of_two(orderd, SIGKILL);
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
