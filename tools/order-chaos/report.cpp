// Progress goes to standard error, the report to standard output.
#include "order-chaos/report.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

namespace orderd::chaos {
namespace {

using Json = nlohmann::ordered_json;
using std::chrono::milliseconds;

constexpr std::size_t kPrintedMax = 20;  // violations of a trial

using Times = std::vector<milliseconds>;

// The quantile `part` (0.99); 0 if there are none.
int64_t percentile_of(Times times, double part) {
  if (times.empty()) return 0;
  std::sort(times.begin(), times.end());
  return times[std::min(times.size() - 1, static_cast<std::size_t>(part * static_cast<double>(times.size())))].count();
}

Times all_recoveries(const Tally& tally) {
  Times all;
  for (const auto& [key, times] : tally.recovery) all.insert(all.end(), times.begin(), times.end());
  return all;
}

Json recovery_of(const Times& times) {
  return {{"p50", percentile_of(times, 0.5)}, {"p99", percentile_of(times, 0.99)}, {"max", percentile_of(times, 1)}};
}

Json json_of(const Run& run) {
  Json faults = Json::array();
  const Tally& tally = run.sum.tally;
  for (const auto& [key, count] : tally.injected) {
    const std::size_t tab = key.find('\t');
    faults.push_back({{"id", key.substr(0, tab)}, {"fault", key.substr(tab + 1)}, {"injected", count}});
    const auto times = tally.recovery.find(key);
    if (times != tally.recovery.end()) faults.back()["recovery_ms"] = recovery_of(times->second);
  }
  const Verdict& verdict = run.sum.verdict;
  Json counts;
  for (const CountRow& row : kCountRows) counts[row.name] = verdict.*row.count;
  return {{"seed", run.seed},
          {"again", run.again},
          {"trials", run.trials},
          {"seconds", run.took.count() / 1000},
          {"faults", tally.total},
          {"recovery_ms", recovery_of(all_recoveries(tally))},
          {"requests", std::move(counts)},
          {"results", verdict.results},
          {"replies", verdict.replies},
          {"outcomes", verdict.outcomes},
          {"skipped", run.sum.skipped},
          {"violations", verdict.violations},
          {"by_fault", std::move(faults)}};
}

void print_table(const Run& run) {
  const Json record = json_of(run);
  const auto line = [](const std::string& id, const std::string& fault, const std::string& injected,
                       const std::string& half, const std::string& most) {
    std::printf("%-4s %-52s %8s %9s %9s\n", id.c_str(), fault.c_str(), injected.c_str(), half.c_str(), most.c_str());
  };
  line("ID", "fault", "injected", "p50 ms", "p99 ms");
  for (const auto& fault : record["by_fault"]) {
    const Json recovery = fault.value("recovery_ms", Json{{"p50", nullptr}, {"p99", nullptr}});
    const auto text = [](const Json& ms) { return ms.is_null() ? "" : ms.dump(); };
    line(fault["id"], fault["fault"], fault["injected"].dump(), text(recovery["p50"]), text(recovery["p99"]));
  }
  const Verdict& verdict = run.sum.verdict;
  const auto number = [](const std::string& what, uint64_t value) {
    std::printf("%-57s %8s\n", what.c_str(), std::to_string(value).c_str());
  };
  std::printf("\n");
  number("faults injected", run.sum.tally.total);
  number("faults skipped", run.sum.skipped.size());
  for (const CountRow& row : kCountRows) number(row.words, verdict.*row.count);
  for (const auto& [outcome, count] : verdict.outcomes) number("  " + outcome, count);
  const Json& recovery = record["recovery_ms"];
  std::cout << "\nrecovery from a healed fault: p50 " << recovery["p50"] << " ms, p99 " << recovery["p99"]
            << " ms, max " << recovery["max"] << " ms\n";
  for (const std::string& violation : verdict.violations) std::cout << "VIOLATION " << violation << "\n";
  std::cout << (verdict.violations.empty() ? "all promises were kept" : "VIOLATED") << ": seed " << run.seed << ", "
            << run.trials << " trials, " << run.took.count() / 1000 << " s\nto repeat this schedule: " << run.again
            << "\n";
}

}  // namespace

void Findings::add(const Findings& other) {
  for (const auto& [key, count] : other.tally.injected) tally.add_injected(key, count);
  for (const auto& [key, times] : other.tally.recovery)
    tally.recovery[key].insert(tally.recovery[key].end(), times.begin(), times.end());
  for (const CountRow& row : kCountRows) verdict.*row.count += other.verdict.*row.count;
  for (const auto& [outcome, count] : other.verdict.outcomes) verdict.outcomes[outcome] += count;
  const auto& violations = other.verdict.violations;
  verdict.violations.insert(verdict.violations.end(), violations.begin(), violations.end());
  skipped.insert(skipped.end(), other.skipped.begin(), other.skipped.end());
}

void say_trial(std::size_t number, const std::string& what, const Findings& findings) {
  const auto& violations = findings.verdict.violations;
  std::cerr << "chaos: trial " << number << " (" << what << "): " << findings.tally.total << " faults, "
            << findings.verdict.results << " results, recovery p99 "
            << percentile_of(all_recoveries(findings.tally), 0.99)
            << " ms: " << (violations.empty() ? "good" : "VIOLATED") << "\n";
  for (const std::string& skipped : findings.skipped) std::cerr << "  skipped: " << skipped << "\n";
  for (std::size_t i = 0; i < std::min(kPrintedMax, violations.size()); ++i) std::cerr << "  " << violations[i] << "\n";
  if (violations.size() > kPrintedMax) std::cerr << "  and " << violations.size() - kPrintedMax << " more\n";
}

void print_run(const Run& run, bool json) {
  if (!json) return print_table(run);
  std::cout << json_of(run).dump(-1, ' ', false, Json::error_handler_t::replace) << "\n";
}

void keep_evidence(TrialBase& trial, const Verdict& verdict, const std::string& where) {
  const std::filesystem::path place = std::filesystem::path(where) / ("trial-" + std::to_string(trial.seed));
  std::filesystem::create_directories(place);
  std::ofstream violations(place / "violations.txt");
  for (const std::string& violation : verdict.violations) violations << violation << "\n";
  std::ofstream notes(place / "schedule.txt");
  for (const std::string& note : trial.notes) notes << note << "\n";
  std::ofstream(place / "audit.json") << verdict.audit;
  for (const auto& daemon : trial.daemons) std::ofstream(place / (daemon->name() + ".log")) << daemon->whole_log();
  std::cerr << "chaos: logs and streams are in " << place.string() << "\n";
  try {
    trial.keep(place);
  } catch (const std::runtime_error& error) {
    std::cerr << "chaos: its streams cannot be read: " << error.what() << "\n";
  }
}

}  // namespace orderd::chaos
