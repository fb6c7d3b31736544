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

// Of all faults.
Tally sum_of(const Verdict& verdict) {
  Tally sum;
  for (const auto& [key, tally] : verdict.faults) sum.add(tally);
  return sum;
}

Json recovery_of(const Times& times) {
  return {{"p50", percentile_of(times, 0.5)}, {"p99", percentile_of(times, 0.99)}, {"max", percentile_of(times, 1)}};
}

Json json_of(const Run& run) {
  Json faults = Json::array();
  const Verdict& verdict = run.sum;
  const Tally sum = sum_of(verdict);
  for (const auto& [key, tally] : verdict.faults) {
    const std::size_t space = key.find(' ');
    faults.push_back({{"id", key.substr(0, space)}, {"fault", key.substr(space + 1)}, {"injected", tally.injected}});
    if (!tally.recovery.empty()) faults.back()["recovery_ms"] = recovery_of(tally.recovery);
  }
  Json counts;
  for (const CountRow& row : kCountRows) counts[row.name] = verdict.*row.count;
  return {{"seed", run.seed},
          {"again", run.again},
          {"trials", run.trials},
          {"seconds", run.took.count() / 1000},
          {"faults", sum.injected},
          {"recovery_ms", recovery_of(sum.recovery)},
          {"requests", std::move(counts)},
          {"results", verdict.results},
          {"replies", verdict.replies},
          {"outcomes", verdict.outcomes},
          {"skipped", verdict.skipped},
          {"violations", verdict.violations},
          {"by_fault", std::move(faults)}};
}

void print_table(const Run& run) {
  const Json record = json_of(run);
  constexpr const char* kRow = "%-4s %-52s %8s %9s %9s\n";
  std::printf(kRow, "ID", "fault", "injected", "p50 ms", "p99 ms");
  for (const auto& fault : record["by_fault"]) {
    const Json recovery = fault.value("recovery_ms", Json{{"p50", ""}, {"p99", ""}});
    const auto text = [](const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); };
    std::printf(kRow, text(fault["id"]).c_str(), text(fault["fault"]).c_str(), text(fault["injected"]).c_str(),
                text(recovery["p50"]).c_str(), text(recovery["p99"]).c_str());
  }
  const Verdict& verdict = run.sum;
  const auto number = [](const std::string& what, uint64_t value) {
    std::printf("%-57s %8s\n", what.c_str(), std::to_string(value).c_str());
  };
  std::printf("\n");
  number("faults injected", record["faults"]);
  number("faults skipped", verdict.skipped.size());
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

// The producers' record and the streams.
void keep_account(const Account& account, const std::filesystem::path& place) {
  std::ofstream attempts(place / (account.orders + ".attempts.txt"));
  for (const Attempt& attempt : account.record.attempts) {
    attempts << attempt.entry.text() << " " << static_cast<int>(attempt.outcome) << " " << attempt.order
             << (attempt.malformed ? " malformed" : "") << "\n";
  }
  for (const std::string& stream : {account.orders, account.results, account.orders + ":dead"}) {
    std::ofstream file(place / (stream + ".txt"));
    each_entry(account.call, stream, [&](const test::Entry& entry) {
      file << entry.id;
      for (const auto& [name, value] : entry.fields) file << " " << name << "=" << value.substr(0, 300);
      file << "\n";
    });
  }
}

}  // namespace

void say_trial(std::size_t number, const std::string& what, const Verdict& verdict) {
  const auto& violations = verdict.violations;
  const Tally sum = sum_of(verdict);
  std::cerr << "chaos: trial " << number << " (" << what << "): " << sum.injected << " faults, " << verdict.results
            << " results, recovery p99 " << percentile_of(sum.recovery, 0.99)
            << " ms: " << (violations.empty() ? "good" : "VIOLATED") << "\n";
  for (const std::string& skipped : verdict.skipped) std::cerr << "  skipped: " << skipped << "\n";
  for (std::size_t i = 0; i < std::min(kPrintedMax, violations.size()); ++i) std::cerr << "  " << violations[i] << "\n";
  if (violations.size() > kPrintedMax) std::cerr << "  and " << violations.size() - kPrintedMax << " more\n";
}

void print_run(const Run& run, bool json) {
  if (!json) return print_table(run);
  std::cout << json_of(run).dump(-1, ' ', false, Json::error_handler_t::replace) << "\n";
}

void keep_evidence(TrialBase& trial, const std::string& where) {
  const Verdict& verdict = trial.verdict;
  const std::filesystem::path place = std::filesystem::path(where) / ("trial-" + std::to_string(trial.seed));
  std::filesystem::create_directories(place);
  const auto lines = [&](const char* name, const std::vector<std::string>& all) {
    std::ofstream file(place / name);
    for (const std::string& line : all) file << line << "\n";
  };
  lines("violations.txt", verdict.violations);
  lines("schedule.txt", trial.notes);
  std::ofstream(place / "audit.json") << verdict.audit;
  for (const auto& daemon : trial.daemons) std::ofstream(place / (daemon->name() + ".log")) << daemon->whole_log();
  for (const std::string& directory : trial.server_directories()) {
    std::error_code ignored;  // best effort
    std::filesystem::copy(directory, place / std::filesystem::path(directory).filename(),
                          std::filesystem::copy_options::recursive, ignored);
  }
  std::cerr << "chaos: logs and streams are in " << place.string() << "\n";
  for (const Account& account : trial.accounts()) {
    try {
      keep_account(account, place);
    } catch (const std::runtime_error& error) {
      std::cerr << "chaos: its streams cannot be read: " << error.what() << "\n";
    }
  }
}

}  // namespace orderd::chaos
