// An order is pushed just after the event, so this measures how long it waits: until a daemon serves and its result can
// be read.
#include <csignal>
#include <thread>

#include "benchmark/parts.h"
#include "benchmark/run.h"
#include "settings/settings.h"
#include "support/valkey_helpers.h"

namespace orderd::bench {
namespace {

constexpr std::chrono::microseconds kLookEvery{500};
constexpr std::chrono::seconds kPatience{30};

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point then) {
  return std::chrono::duration<double, std::milli>(Clock::now() - then).count();
}

template <class Condition>
void wait_until(const char* what, Condition condition) {
  const auto begin = Clock::now();
  while (!condition()) {
    if (Clock::now() - begin > kPatience) throw std::runtime_error(std::string("it took too long until ") + what);
    std::this_thread::sleep_for(kLookEvery);
  }
}

class Scene {
 public:
  explicit Scene(const Plan& plan) : orderd_(orderd_at(plan.orderd)) { put_on_sale(lab_.admin(), {}); }

  std::unique_ptr<test::Process> start(const std::string& name) { return start_orderd(orderd_, lab_, name); }
  void push() { fill(lab_.admin(), {}, 1, ++orders_); }
  // Until the results of all pushed orders can be read.
  void wait_for_results() {
    wait_until("the result could be read", [&] { return test::length(lab_.admin(), "results") == orders_; });
  }
  void wait_for_owner(const std::string& name) {
    wait_until("a daemon served", [&] { return test::ask(lab_.admin(), {"GET", "orders:owner"}).starts_with(name); });
  }
  void wait_for_standby() {
    wait_until("a daemon was on standby", [&] {
      return test::ask_number(lab_.admin(), {"ZCARD", "orders:standby"}) > 0;
    });
  }

 private:
  Lab lab_{Transport::kUnix, AppendOnly::kOff};
  Orderd orderd_;
  uint64_t orders_ = 0;
};

// From the start of the process, with a request waiting.
double start_to_result(const Plan& plan) {
  Scene scene(plan);
  scene.push();
  const auto begin = Clock::now();
  const auto daemon = scene.start("first");
  scene.wait_for_results();
  const double ms = ms_since(begin);
  stop_orderd(*daemon);
  return ms;
}

// From the signal to the active of two daemons.
double signal_to_result(const Plan& plan, int signal) {
  Scene scene(plan);
  const auto active = scene.start("first");
  scene.wait_for_owner("first");
  const auto other = scene.start("second");
  scene.wait_for_standby();
  const auto begin = Clock::now();
  active->signal(signal);
  (void)active->wait();
  scene.push();
  scene.wait_for_results();
  const double ms = ms_since(begin);
  stop_orderd(*other);
  return ms;
}

}  // namespace

void measure_takeover(const Plan& plan, Report& report) {
  const double lease_ms = static_cast<double>(settings::Settings().processing.lease.count());
  Samples started, stopped, killed;
  for (unsigned i = 0; i < plan.repeat; ++i) {
    say("takeover: run " + std::to_string(i + 1) + " of " + std::to_string(plan.repeat));
    started.push_back(start_to_result(plan));
    stopped.push_back(signal_to_result(plan, SIGTERM));
    killed.push_back(signal_to_result(plan, SIGKILL));
  }
  report.target({"start to first result, ms", started, false, 100, 0});
  report.target({"clean stop of the active daemon to next result, ms", stopped, false, 500, 0});
  report.target({"kill -9 of the active daemon to next result, ms", killed, false, lease_ms + 500, 0});
  report.table({"How long an order waits for a daemon, unix socket",
                {{"ms", 0}},
                {{"started with an order waiting", {started}},
                 {"SIGTERM to the active one of two", {stopped}},
                 {"SIGKILL to the active one of two", {killed}}},
                {"With the default processing.lease of " + std::to_string(std::lround(lease_ms)) + " ms."}});
}

}  // namespace orderd::bench
