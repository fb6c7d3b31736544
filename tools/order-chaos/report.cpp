// Progress goes to standard error, the report to standard output.
#include "order-chaos/report.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace orderd::chaos {
namespace {

using Json = nlohmann::ordered_json;
using std::chrono::milliseconds;

constexpr std::size_t kPrintedMax = 20;  // violations of a trial

Json recovery_of(const std::vector<milliseconds>& times) {
  Json json;
  for (const auto& [name, part] : {std::pair("p50", 0.5), std::pair("p99", 0.99), std::pair("max", 1.0)})
    json[name] = percentile_of(times, part).count();
  return json;
}

Json json_of(const Run& run) {
  Json faults = Json::array();
  std::vector<milliseconds> all;
  const Tally& tally = run.sum.tally;
  for (const auto& [key, count] : tally.injected) {
    const std::size_t tab = key.find('\t');
    Json fault = {{"id", key.substr(0, tab)}, {"fault", key.substr(tab + 1)}, {"injected", count}};
    if (const auto times = tally.recovery.find(key); times != tally.recovery.end()) {
      fault["recovery_ms"] = recovery_of(times->second);
      all.insert(all.end(), times->second.begin(), times->second.end());
    }
    faults.push_back(std::move(fault));
  }
  const Verdict& verdict = run.sum.verdict;
  Json counts;
  for (const CountRow& row : kCountRows) counts[row.name] = verdict.*row.count;
  return {{"seed", run.seed},
          {"again", run.again},
          {"trials", run.trials},
          {"seconds", run.took.count() / 1000},
          {"faults", tally.total},
          {"recovery_ms", recovery_of(all)},
          {"requests", std::move(counts)},
          {"results", verdict.results},
          {"replies", verdict.replies},
          {"outcomes", verdict.outcomes},
          {"skipped", run.sum.skipped},
          {"violations", verdict.violations},
          {"by_fault", std::move(faults)}};
}

void print_table(const Run& run) {
  std::printf("%-4s %-52s %8s %9s %9s\n", "ID", "fault", "injected", "p50 ms", "p99 ms");
  const Json record = json_of(run);
  for (const auto& fault : record["by_fault"]) {
    const auto recovery = fault.find("recovery_ms");
    const std::string half = recovery == fault.end() ? "" : (*recovery)["p50"].dump();
    const std::string most = recovery == fault.end() ? "" : (*recovery)["p99"].dump();
    std::printf("%-4s %-52s %8s %9s %9s\n", fault["id"].get<std::string>().c_str(),
                fault["fault"].get<std::string>().c_str(), fault["injected"].dump().c_str(), half.c_str(),
                most.c_str());
  }
  const Verdict& verdict = run.sum.verdict;
  const auto number = [](const std::string& what, uint64_t value) {
    std::printf("%-57s %8llu\n", what.c_str(), static_cast<unsigned long long>(value));
  };
  std::printf("\n");
  number("faults injected", run.sum.tally.total);
  number("faults skipped", run.sum.skipped.size());
  for (const CountRow& row : kCountRows) number(row.words, verdict.*row.count);
  for (const auto& [outcome, count] : verdict.outcomes) number("  " + outcome, count);
  const Json& recovery = record["recovery_ms"];
  std::printf("\nrecovery from a healed fault: p50 %s ms, p99 %s ms, max %s ms\n", recovery["p50"].dump().c_str(),
              recovery["p99"].dump().c_str(), recovery["max"].dump().c_str());
  for (const std::string& violation : verdict.violations) std::printf("VIOLATION %s\n", violation.c_str());
  std::printf("%s: seed %llu, %zu trials, %lld s\n", verdict.violations.empty() ? "all promises were kept" : "VIOLATED",
              static_cast<unsigned long long>(run.seed), run.trials, static_cast<long long>(run.took.count() / 1000));
  std::printf("to repeat this schedule: %s\n", run.again.c_str());
}

}  // namespace

void Findings::add(const Findings& other) {
  tally.add(other.tally);
  for (const CountRow& row : kCountRows) verdict.*row.count += other.verdict.*row.count;
  for (const auto& [outcome, count] : other.verdict.outcomes) verdict.outcomes[outcome] += count;
  const auto& violations = other.verdict.violations;
  verdict.violations.insert(verdict.violations.end(), violations.begin(), violations.end());
  skipped.insert(skipped.end(), other.skipped.begin(), other.skipped.end());
}

void say_trial(std::size_t number, const std::string& what, const Findings& findings) {
  const auto& violations = findings.verdict.violations;
  std::fprintf(
      stderr, "chaos: trial %zu (%s): %llu faults, %llu results, recovery p99 %lld ms: %s\n", number, what.c_str(),
      static_cast<unsigned long long>(findings.tally.total), static_cast<unsigned long long>(findings.verdict.results),
      static_cast<long long>(findings.tally.percentile(0.99).count()), violations.empty() ? "good" : "VIOLATED");
  for (const std::string& skipped : findings.skipped) std::fprintf(stderr, "  skipped: %s\n", skipped.c_str());
  for (std::size_t i = 0; i < std::min(kPrintedMax, violations.size()); ++i)
    std::fprintf(stderr, "  %s\n", violations[i].c_str());
  if (violations.size() > kPrintedMax) std::fprintf(stderr, "  and %zu more\n", violations.size() - kPrintedMax);
}

void print_run(const Run& run, bool json) {
  if (json) {
    std::printf("%s\n", json_of(run).dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
  } else {
    print_table(run);
  }
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
  std::fprintf(stderr, "chaos: logs and streams are in %s\n", place.c_str());
  try {
    trial.keep(place);
  } catch (const std::runtime_error& error) {
    std::fprintf(stderr, "chaos: its streams cannot be read: %s\n", error.what());
  }
}

}  // namespace orderd::chaos
