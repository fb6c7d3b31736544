// The fault injector: real daemons, a real server, producers with retries, and a seeded schedule. See --help.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>

#include "chaos/runner/judge.h"
#include "chaos/runner/report.h"
#include "chaos/runner/schedule.h"

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
  std::string only;
  bool list = false;
  bool brief = false;
  bool json = false;
  std::string mode = "both";
  std::string keep;
  Programs programs;
};

bool is_meant(const Fault& fault, const std::string& by) {
  return fault.id == by || (by.find(' ') != std::string::npos && fault.name.find(by) != std::string::npos);
}

// The faults that match an ID or some words of the name; an unknown one is an error.
Result<std::vector<Fault>> chosen(const std::string& only) {
  std::vector<Fault> faults = all_faults();
  if (only.empty()) return faults;
  std::vector<std::string> wanted;
  std::stringstream list(only);
  for (std::string item; std::getline(list, item, ',');) {
    if (std::none_of(faults.begin(), faults.end(), [&](const Fault& fault) { return is_meant(fault, item); })) {
      return Failure{"--only: there is no fault '" + item + "'; --list shows them"};
    }
    wanted.push_back(item);
  }
  std::erase_if(faults, [&](const Fault& fault) {
    return std::none_of(wanted.begin(), wanted.end(), [&](const std::string& item) { return is_meant(fault, item); });
  });
  return faults;
}

// The plan of the next trial, derived from the seed and its number.
Plan plan_of(uint64_t seed, std::size_t number, bool lossy_wanted) {
  test::Random random(seed * 1'000'003 + number);
  Plan plan;
  plan.seed = seed * 1'000'003 + number;
  plan.daemons = random.number(1, 4);
  plan.lossy = lossy_wanted;
  plan.workload = static_cast<Workload>(random.number(3));
  plan.per_second = static_cast<unsigned>(random.number(400, 1600));
  plan.clock_jumps = random.chance(50);
  return plan;
}

void add(Verdict& sum, const Verdict& one) {
  sum.requests += one.requests;
  sum.ok += one.ok;
  sum.failed += one.failed;
  sum.unknown += one.unknown;
  sum.recovered += one.recovered;
  sum.deleted += one.deleted;
  sum.passed_over += one.passed_over;
  sum.restarts += one.restarts;
  sum.forgotten += one.forgotten;
  sum.results += one.results;
  sum.replies += one.replies;
  for (const auto& [outcome, count] : one.outcomes) sum.outcomes[outcome] += count;
  sum.skipped.insert(sum.skipped.end(), one.skipped.begin(), one.skipped.end());
  sum.violations.insert(sum.violations.end(), one.violations.begin(), one.violations.end());
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

// One trial from start to verdict.
Verdict run_trial(const Options& options, const Plan& plan, bool alone, milliseconds time,
                  const std::vector<Fault>& all, Tally& tally) {
  const std::vector<Fault> faults = faults_of(plan, all);
  if (faults.empty()) throw std::invalid_argument("this trial allows none of the faults of --only; add another");
  Trial trial(plan, options.programs);
  Schedule schedule(trial, faults, tally);
  const auto end = Clock::now() + time;
  if (alone) {
    schedule.alone(options.brief ? 1 : 100, [&] { return Clock::now() >= end; });
  } else {
    schedule.together(time);
  }
  schedule.drain();
  Verdict verdict;
  try {
    verdict = judge(trial);
  } catch (const std::runtime_error& error) {
    verdict.violations = trial.incidents();
    verdict.violations.push_back(std::string("the trial cannot be judged: ") + error.what());
  }
  if (!verdict.violations.empty() && !options.keep.empty()) keep_evidence(trial, verdict, options.keep);
  return verdict;
}

std::string again(const Options& options) {
  std::ostringstream command;
  command << "tools/chaos --seed " << options.seed;
  if (options.brief) command << " --brief";
  if (!options.brief) command << " --minutes " << options.minutes;
  if (!options.only.empty()) command << " --only '" << options.only << "'";
  if (options.mode != "both") command << " --mode " << options.mode;
  return command.str();
}

int run(const Options& options, const std::vector<Fault>& faults) {
  const bool any_lossy =
      std::any_of(faults.begin(), faults.end(), [](const Fault& fault) { return fault.kind == Kind::kLossy; });
  const bool any_safe =
      std::any_of(faults.begin(), faults.end(), [](const Fault& fault) { return fault.kind != Kind::kLossy; });
  const bool all_alone =
      std::all_of(faults.begin(), faults.end(), [](const Fault& fault) { return fault.needs.alone; });
  const auto begin = Clock::now();
  const auto total = std::chrono::duration_cast<milliseconds>(std::chrono::duration<double>(options.minutes * 60));
  const milliseconds slice =
      options.brief ? milliseconds(8s) : std::clamp(total / 8, milliseconds(10s), milliseconds(60s));
  Run sum;
  sum.seed = options.seed;
  sum.again = again(options);
  const auto more = [&](std::size_t number) {
    return options.brief ? number < kBriefTrials : number == 0 || Clock::now() - begin < total;
  };
  for (std::size_t number = 0; more(number); ++number) {
    const bool last_brief = options.brief && number + 1 == kBriefTrials;
    // Alternates: alone, together. Of three pairs one has a server that loses data.
    const bool alone =
        all_alone || options.mode == "alone" || (options.mode == "both" && number % 2 == 0 && !last_brief);
    const bool lossy = any_lossy && (!any_safe || (options.brief ? number % 4 >= 2 : number % 6 >= 4));
    Plan plan = plan_of(options.seed, number, lossy);
    if (options.brief) plan.clock_jumps = number == 1;  // in the first trial each other fault is injected alone
    Tally tally;
    // Injecting each fault once has no time limit.
    Verdict verdict;
    try {
      verdict = run_trial(options, plan, alone, options.brief && alone ? milliseconds(5min) : slice, faults, tally);
    } catch (const std::runtime_error& error) {
      if (number == 0) throw;
      // Do not lose the findings of a long run.
      verdict.violations.push_back(std::string("the trial could not be run: ") + error.what());
    }
    ++sum.trials;
    sum.tally.add(tally);
    add(sum.verdict, verdict);
    say_trial(number, plan, alone, tally, verdict);
  }
  sum.took = std::chrono::duration_cast<milliseconds>(Clock::now() - begin);
  print_run(sum, options.json);
  return sum.verdict.violations.empty() ? kDone : kViolated;
}

int list(const std::vector<Fault>& faults) {
  for (const Fault& fault : faults)
    std::printf("%-4s %s%s\n", fault.id.c_str(), fault.name.c_str(),
                fault.kind == Kind::kLossy ? "  (only if the server may lose data)" : "");
  return kDone;
}

int main_of(int argc, char** argv) {
  Options options;
  options.programs = {ORDERD_PATH, ORDERCTL_PATH};
  CLI::App app(
      "Injects faults into real orderd daemons, a real valkey-server and the network between them, then proves that "
      "every\npromise was kept: orderctl audit, and the producers' own record.",
      "chaos");
  app.add_option("--seed", options.seed, "seed of the schedule [a new one]");
  app.add_option("--minutes", options.minutes, "how long [1]")->check(CLI::PositiveNumber);
  app.add_option("--only", options.only, "only these faults, by ID or words of the name: P4,V10,back in quiet");
  app.add_option("--mode", options.mode, "alone: one fault at a time; together: many; both: alternating")
      ->check(CLI::IsMember({"alone", "together", "both"}));
  app.add_flag("--list", options.list, "list the faults and exit");
  app.add_flag("--brief", options.brief,
               "the short run of tools/test: each fault once, then a few seconds of all together");
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
  auto faults = chosen(options.only);
  if (!faults) {
    std::cerr << "chaos: " << faults.error() << "\n";
    return kUsage;
  }
  if (options.list) return list(*faults);
  if (options.seed == 0) options.seed = std::random_device()() % 1'000'000 + 1;
  if (options.minutes == 0) options.minutes = 1;
  std::cerr << "chaos: seed " << options.seed << "\n";
  return run(options, *faults);
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
