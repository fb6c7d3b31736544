// The fault injector: real daemons, real servers, producers with retries, and a seeded schedule. See --help.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <random>
#include <sstream>

#define DOCTEST_CONFIG_IMPLEMENT  // tests/support uses doctest macros; there are no test cases here
#include <doctest/doctest.h>

#include "order-chaos/fault.h"
#include "order-chaos/moving/trial.h"
#include "order-chaos/report.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kBriefTrials = 5;  // the last one: all faults together, no clock jumps
constexpr const char* kClockJumps = "T1";

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kUsage = 2;
constexpr int kViolated = 3;

struct Options {
  uint64_t seed = 0;
  double minutes = 0;
  std::string only_text;          // as given
  std::vector<std::string> only;  // its parts
  bool list = false;
  bool brief = false;
  bool json = false;
  std::string mode = "both";
  bool moving = false;
  std::string servers = "both";
  std::string tls = "both";
  std::string keep;
  Programs programs{ORDERD_PATH, ORDERCTL_PATH};
};

bool is_meant(const Fault& fault, const std::string& by) {
  return fault.id == by || (by.find(' ') != std::string::npos && fault.name.find(by) != std::string::npos);
}
bool is_meant(const MovingFault& fault, const std::string& by) {
  return fault.name.find(by) != std::string::npos;
}

// The faults of --only.
template <class AFault>
std::vector<AFault> chosen(std::vector<AFault> faults, const std::vector<std::string>& only) {
  std::erase_if(faults, [&](const AFault& fault) {
    return !only.empty() &&
           std::none_of(only.begin(), only.end(), [&](const std::string& item) { return is_meant(fault, item); });
  });
  return faults;
}

// The same as lines.
std::string list(bool moving, const std::vector<std::string>& only) {
  std::string lines;
  if (moving) {
    for (const MovingFault& fault : chosen(faults_for(Servers::kCluster, true), only))
      lines += "cluster    " + fault.name + "\n";
    for (const MovingFault& fault : chosen(faults_for(Servers::kSentinels, true), only))
      lines += "sentinels  " + fault.name + "\n";
    return lines;
  }
  for (const Fault& fault : chosen(all_faults(), only)) {
    lines += fault.id + std::string(5 - fault.id.size(), ' ') + fault.name +
             (fault.kind == Kind::kLossy ? "  (only if the server may lose data)\n" : "\n");
  }
  return lines;
}

std::string daemons_of(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " daemon, " : " daemons, ");
}

uint64_t seed_of(const Options& options, std::size_t number) {
  return options.seed * 1'000'003 + number;
}

// The plan of the next trial, derived from the seed and its number.
Plan plan_of(uint64_t seed) {
  test::Random random(seed);
  Plan plan;
  plan.seed = seed;
  plan.daemons = random.number(1, 4);
  plan.workload = static_cast<Workload>(random.number(3));
  plan.per_second = static_cast<unsigned>(random.number(400, 1600));
  plan.clock_jumps = random.chance(50);
  plan.trims = random.chance(60);
  return plan;
}

// The faults of `all` that this trial allows. Recreating a stream while the clock jumps would repeat entry IDs, so that
// results could not be attributed. A trial therefore has one or the other.
std::vector<Fault> faults_of(const Plan& plan, const std::vector<Fault>& all) {
  std::vector<Fault> faults = all;
  std::erase_if(faults, [&](const Fault& fault) { return fault.kind == (plan.lossy ? Kind::kSafe : Kind::kLossy); });
  const auto excluded = [](const Fault& fault, bool clock_jumps) {
    return clock_jumps ? fault.needs.steady_clock : fault.id == kClockJumps;
  };
  const bool any =
      std::any_of(faults.begin(), faults.end(), [&](const Fault& fault) { return !excluded(fault, plan.clock_jumps); });
  const bool clock_jumps = any ? plan.clock_jumps : !plan.clock_jumps;
  std::erase_if(faults, [&](const Fault& fault) { return excluded(fault, clock_jumps); });
  return faults;
}

// When it is settled.
Verdict finish(TrialBase& trial, const Options& options) {
  trial.conclude();
  if (!trial.verdict.violations.empty() && !options.keep.empty()) keep_evidence(trial, options.keep);
  return std::move(trial.verdict);
}

// Plans the next trial with one server and runs it, from start to verdict. Alternates: alone, together. Of three pairs
// one has a server that loses data. Injecting each fault once has no time limit.
Verdict next_server_trial(const Options& options, std::size_t number, milliseconds time, std::string& what) {
  const std::vector<Fault> all = chosen(all_faults(), options.only);
  const auto is_lossy = [](const Fault& fault) { return fault.kind == Kind::kLossy; };
  const bool any_lossy = std::any_of(all.begin(), all.end(), is_lossy);
  const bool any_safe = !std::all_of(all.begin(), all.end(), is_lossy);
  const bool all_alone = std::all_of(all.begin(), all.end(), [](const Fault& fault) { return fault.needs.alone; });
  const bool last_brief = options.brief && number + 1 == kBriefTrials;
  const bool alone = all_alone || options.mode == "alone" || (options.mode == "both" && number % 2 == 0 && !last_brief);
  Plan plan = plan_of(seed_of(options, number));
  plan.lossy = any_lossy && (!any_safe || (options.brief ? number % 4 >= 2 : number % 6 >= 4));
  if (options.brief) plan.clock_jumps = number == 1;  // in the first trial each other fault is injected alone
  const std::vector<Fault> faults = faults_of(plan, all);
  // Of a stream that was absent, retention removes what looks settled.
  plan.trims =
      plan.trims && std::none_of(faults.begin(), faults.end(), [](auto& fault) { return fault.needs.steady_clock; });
  what = daemons_of(plan.daemons) + name_of(plan.workload) + (alone ? ", one fault at a time" : ", many at a time") +
         (plan.lossy ? ", a server that may lose data" : "") + (plan.trims ? ", trimmed" : "");
  if (faults.empty()) throw std::invalid_argument("this trial allows none of the faults of --only; add another");
  Trial trial(plan, options.programs);
  if (alone) {
    inject_alone(trial, faults, options.brief ? 1 : 100, Clock::now() + (options.brief ? milliseconds(5min) : time));
  } else {
    inject_together(trial, faults, time);
  }
  drain(trial);
  return finish(trial, options);
}

// The same with servers whose primaries move.
Verdict next_moving_trial(const Options& options, std::size_t number, milliseconds time, bool network,
                          std::string& what) {
  const bool both = options.servers == "both";
  MovingPlan plan;
  plan.seed = seed_of(options, number);
  plan.servers = options.servers == "sentinels" || (both && number % 2 == 1) ? Servers::kSentinels : Servers::kCluster;
  plan.tls = options.tls == "yes" || (options.tls == "both" && number % 4 >= 2);
  plan.daemons = test::Random(plan.seed).number(1, 3);
  what = daemons_of(plan.daemons) + (plan.servers == Servers::kCluster ? "cluster" : "sentinels") +
         (plan.tls ? ", TLS" : "");
  MovingTrial trial(plan, options.programs);
  play(trial, chosen(faults_for(plan.servers, network), options.only), time);
  (void)trial.nodes.whole(1min);
  trial.drain();
  return finish(trial, options);
}

std::string again(const Options& options) {
  std::ostringstream command;
  command << "tools/chaos" << (options.moving ? " --moving" : "") << " --seed " << options.seed;
  options.brief ? command << " --brief" : command << " --minutes " << options.minutes;
  if (!options.only.empty()) command << " --only '" << options.only_text << "'";
  if (options.mode != "both") command << " --mode " << options.mode;
  if (options.servers != "both") command << " --servers " << options.servers;
  if (options.tls != "both") command << " --tls " << options.tls;
  return command.str();
}

int run(const Options& options) {
  const bool network = options.moving && own_network();
  if (options.moving && !network) std::cerr << "chaos: cannot partition nodes: that needs root and nft\n";
  const auto begin = Clock::now();
  const auto total = std::chrono::duration_cast<milliseconds>(std::chrono::duration<double>(options.minutes * 60));
  const milliseconds slice = options.brief    ? milliseconds(8s)
                             : options.moving ? std::clamp(total / 4, milliseconds(15s), milliseconds(120s))
                                              : std::clamp(total / 8, milliseconds(10s), milliseconds(60s));
  Run run;
  run.seed = options.seed;
  run.again = again(options);
  const auto more = [&](std::size_t number) {
    return options.brief ? number < kBriefTrials : number == 0 || Clock::now() - begin < total;
  };
  for (; more(run.trials); ++run.trials) {
    Verdict verdict;
    std::string what;
    try {
      verdict = options.moving ? next_moving_trial(options, run.trials, slice, network, what)
                               : next_server_trial(options, run.trials, slice, what);
    } catch (const std::runtime_error& error) {
      if (run.trials == 0) throw;
      // Do not lose the findings of a long run.
      verdict.violations.push_back(std::string("the trial could not be run: ") + error.what());
    }
    run.sum.add(verdict);
    say_trial(run.trials, what, verdict);
  }
  run.took = std::chrono::duration_cast<milliseconds>(Clock::now() - begin);
  print_run(run, options.json);
  return run.sum.violations.empty() ? kDone : kViolated;
}

int main_of(int argc, char** argv) {
  Options options;
  CLI::App app(
      "Injects faults into real orderd daemons, real Valkey servers and the network between them, then proves that "
      "every\npromise was kept: orderctl audit, and the producers' own record.",
      "chaos");
  app.add_option("--seed", options.seed, "seed of the schedule [a new one]");
  app.add_option("--minutes", options.minutes, "how long [1]")->check(CLI::PositiveNumber);
  app.add_option("--only", options.only_text, "only these faults, by ID or words of the name: P4,V10,back in quiet");
  app.add_option("--mode", options.mode, "alone: one fault at a time; together: many; both: alternating")
      ->check(CLI::IsMember({"alone", "together", "both"}));
  app.add_flag("--list", options.list, "list the faults and exit");
  app.add_flag("--brief", options.brief,
               "the short run of tools/test: each fault once, then a few seconds of all together");
  app.add_flag(
      "--moving", options.moving,
      "move the primaries of a cluster or of sentinels: failovers, killed, frozen and partitioned nodes, slot\n"
      "migrations, password rotation. Writes that a failover lost are excused");
  app.add_option("--servers", options.servers, "with --moving: cluster, sentinels, or both (alternating)")
      ->check(CLI::IsMember({"cluster", "sentinels", "both"}));
  app.add_option("--tls", options.tls, "with --moving: yes, no, or both (alternating)")
      ->check(CLI::IsMember({"yes", "no", "both"}));
  app.add_flag("--json", options.json, "print the record of the run as JSON");
  app.add_option("--keep", options.keep, "directory for the logs and streams of a trial with a violation");
  app.add_option("--orderd", options.programs.orderd, "the daemon to test");
  app.add_option("--orderctl", options.programs.orderctl, "the orderctl that audits");
  app.footer("Exit status: 0 all promises were kept, 1 failed at run time, 2 usage error, 3 violation.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kUsage;
  }
  std::stringstream parts(options.only_text);
  for (std::string item; std::getline(parts, item, ',');) options.only.push_back(item);
  const auto unknown = std::find_if(options.only.rbegin(), options.only.rend(),
                                    [&](const std::string& item) { return list(options.moving, {item}).empty(); });
  if (unknown != options.only.rend()) {
    std::cerr << "chaos: --only: there is no fault '" << *unknown << "'; --list shows them\n";
    return kUsage;
  }
  if (options.list) {
    std::cout << list(options.moving, options.only);
    return kDone;
  }
  if (options.seed == 0) options.seed = std::random_device()() % 1'000'000 + 1;
  if (options.minutes == 0) options.minutes = 1;
  std::cerr << "chaos: seed " << options.seed << "\n";
  return run(options);
}

}  // namespace
}  // namespace orderd::chaos

int main(int argc, char** argv) {
  try {
    return orderd::chaos::main_of(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "chaos: " << error.what() << "\n";
    return orderd::chaos::kFailed;
  }
}
