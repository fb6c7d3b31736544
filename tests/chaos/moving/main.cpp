// The fault injector for servers whose primaries move: a cluster or sentinels, with and without TLS. See --help.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>

#define DOCTEST_CONFIG_IMPLEMENT  // tests/support uses doctest macros; there are no test cases here
#include <doctest/doctest.h>

#include "chaos/moving/faults.h"
#include "chaos/moving/network.h"

namespace orderd::chaos {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

struct Options {
  uint64_t seed = 0;
  double minutes = 1;
  std::string servers = "both";
  std::string tls = "both";
  std::string only;
  std::string keep = "build/chaos";
  bool list = false;
  Programs programs{ORDERD_PATH, ORDERCTL_PATH};
};

struct Sum {
  std::size_t trials = 0, violated = 0;
  uint64_t faults = 0, skipped = 0;
  Trial::Counts counts;
  std::vector<milliseconds> recoveries;
};

void keep_evidence(const Trial& trial, const std::vector<std::string>& wrong, uint64_t seed, const std::string& where) {
  const std::string directory = where + "/moving-" + std::to_string(seed);
  std::filesystem::create_directories(directory);
  std::ofstream(directory + "/daemons.log") << trial.logs();
  std::ofstream violations(directory + "/violations.txt");
  for (const std::string& each : wrong) violations << each << "\n";
  std::cerr << "chaos: kept in " << directory << "\n";
}

void run_trial(const Options& options, const Plan& plan, bool network, milliseconds time, Sum& sum) {
  Trial trial(plan, options.programs);
  std::vector<Fault> faults = faults_for(plan.servers, network);
  std::erase_if(faults, [&](const Fault& fault) { return fault.name.find(options.only) == std::string::npos; });
  play(trial, faults, time);
  (void)trial.nodes.whole(std::chrono::seconds(60));
  trial.drain();
  const std::vector<std::string> wrong = trial.judge();
  uint64_t injected = 0;
  for (const auto& [name, count] : trial.injected) injected += count;
  ++sum.trials;
  sum.violated += wrong.empty() ? 0 : 1;
  sum.faults += injected;
  sum.skipped += trial.skipped.size();
  const Trial::Counts& counts = trial.counts();
  sum.counts.pushed += counts.pushed;
  sum.counts.unknown += counts.unknown;
  sum.counts.results += counts.results;
  sum.counts.lost += counts.lost;
  sum.counts.reported += counts.reported;
  sum.recoveries.insert(sum.recoveries.end(), trial.recoveries.begin(), trial.recoveries.end());
  std::fprintf(stderr,
               "chaos: trial %zu, seed %llu, %s%s, %zu daemons: %llu faults, %llu results, %llu pushes lost, %s\n",
               sum.trials, static_cast<unsigned long long>(plan.seed),
               plan.servers == Servers::kCluster ? "cluster" : "sentinels", plan.tls ? " with TLS" : "", plan.daemons,
               static_cast<unsigned long long>(injected), static_cast<unsigned long long>(counts.results),
               static_cast<unsigned long long>(counts.lost), wrong.empty() ? "no violation" : "VIOLATED");
  for (const auto& [name, count] : trial.injected) {
    std::fprintf(stderr, "  %6llu  %s\n", static_cast<unsigned long long>(count), name.c_str());
  }
  for (const std::string& each : trial.skipped) std::cerr << "  skipped: " << each << "\n";
  constexpr std::size_t kShown = 20;
  for (std::size_t i = 0; i < std::min(kShown, wrong.size()); ++i) std::cerr << "  " << wrong[i] << "\n";
  if (wrong.size() > kShown) std::cerr << "  and " << wrong.size() - kShown << " more\n";
  if (!wrong.empty()) keep_evidence(trial, wrong, plan.seed, options.keep);
}

int run(const Options& options) {
  const bool network = own_network();
  if (!network) std::cerr << "chaos: cannot partition nodes: that needs root and nft\n";
  const auto total = std::chrono::duration_cast<milliseconds>(std::chrono::duration<double>(options.minutes * 60));
  const milliseconds slice = std::clamp(total / 4, milliseconds(15'000), milliseconds(120'000));
  const auto begin = Clock::now();
  Sum sum;
  for (std::size_t number = 0; number == 0 || Clock::now() - begin < total; ++number) {
    test::Random random(options.seed * 1'000'003 + number);
    Plan plan{.seed = options.seed * 1'000'003 + number};
    plan.servers = options.servers == "cluster"                        ? Servers::kCluster
                   : options.servers == "sentinels" || number % 2 == 1 ? Servers::kSentinels
                                                                       : Servers::kCluster;
    plan.tls = options.tls == "yes" || (options.tls == "both" && number % 4 >= 2);
    plan.daemons = random.number(1, 3);
    run_trial(options, plan, network, slice, sum);
  }
  std::sort(sum.recoveries.begin(), sum.recoveries.end());
  const auto part = [&](std::size_t percent) {
    return sum.recoveries.empty() ? 0L : sum.recoveries[(sum.recoveries.size() - 1) * percent / 100].count();
  };
  std::printf(
      "| `tools/chaos --moving --seed %llu --minutes %g` | %zu | %llu | %lld | %llu | %llu | %llu | %llu | %ld, %ld, "
      "%ld | %s |\n",
      static_cast<unsigned long long>(options.seed), options.minutes, sum.trials,
      static_cast<unsigned long long>(sum.faults),
      static_cast<long long>(std::chrono::duration_cast<std::chrono::minutes>(Clock::now() - begin).count()),
      static_cast<unsigned long long>(sum.counts.unknown), static_cast<unsigned long long>(sum.counts.lost),
      static_cast<unsigned long long>(sum.counts.reported), static_cast<unsigned long long>(sum.counts.results),
      part(50), part(99), part(100), sum.violated == 0 ? "none" : std::to_string(sum.violated).c_str());
  return sum.violated == 0 ? 0 : 3;
}

int main_of(int argc, char** argv) {
  Options options;
  CLI::App app(
      "Moves primaries under real orderd daemons: failovers, killed, frozen and partitioned nodes, slot migrations, "
      "password\nrotation. Then proves that every promise was kept, except for writes that a failover lost.",
      "chaos --moving");
  app.add_option("--seed", options.seed, "seed of the faults [a new one]");
  app.add_option("--minutes", options.minutes, "how long [1]")->check(CLI::PositiveNumber);
  app.add_option("--servers", options.servers, "cluster, sentinels, or both (alternating)")
      ->check(CLI::IsMember({"cluster", "sentinels", "both"}));
  app.add_option("--tls", options.tls, "yes, no, or both (alternating)")->check(CLI::IsMember({"yes", "no", "both"}));
  app.add_option("--only", options.only, "only faults with these words in their name");
  app.add_option("--keep", options.keep, "where to put the logs of a trial with a violation [build/chaos]");
  app.add_flag("--list", options.list, "list the faults and exit");
  app.footer("Exit status: 0 all promises were kept, 1 failed at run time, 2 usage error, 3 violation.");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (options.list) {
    for (const Servers servers : {Servers::kCluster, Servers::kSentinels}) {
      for (const Fault& fault : faults_for(servers, true)) {
        std::printf("%-10s %s\n", servers == Servers::kCluster ? "cluster" : "sentinels", fault.name.c_str());
      }
    }
    return 0;
  }
  if (options.seed == 0) options.seed = std::random_device()() % 1'000'000 + 1;
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
    return 1;
  }
}
