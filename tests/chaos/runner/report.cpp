// Progress goes to standard error, the report to standard output.
#include "chaos/runner/report.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace orderd::chaos {
namespace {

using Json = nlohmann::ordered_json;
using std::chrono::milliseconds;

milliseconds percentile_of(std::vector<milliseconds> times, double part) {
  if (times.empty()) return milliseconds(0);
  std::sort(times.begin(), times.end());
  return times[std::min(times.size() - 1, static_cast<std::size_t>(part * static_cast<double>(times.size())))];
}

Json json_of(const Run& run) {
  Json faults = Json::array();
  for (const auto& [key, count] : run.tally.injected) {
    const std::size_t tab = key.find('\t');
    Json fault = {{"id", key.substr(0, tab)}, {"fault", key.substr(tab + 1)}, {"injected", count}};
    if (const auto times = run.tally.recovery.find(key); times != run.tally.recovery.end()) {
      fault["recovery_ms"] = {{"p50", percentile_of(times->second, 0.5).count()},
                              {"p99", percentile_of(times->second, 0.99).count()},
                              {"max", percentile_of(times->second, 1).count()}};
    }
    faults.push_back(std::move(fault));
  }
  const Verdict& verdict = run.verdict;
  return {{"seed", run.seed},
          {"again", run.again},
          {"trials", run.trials},
          {"seconds", run.took.count() / 1000},
          {"faults", run.tally.total},
          {"recovery_ms",
           {{"p50", run.tally.percentile(0.5).count()},
            {"p99", run.tally.percentile(0.99).count()},
            {"max", run.tally.percentile(1).count()}}},
          {"requests",
           {{"attempts", verdict.requests},
            {"ok", verdict.ok},
            {"failed", verdict.failed},
            {"unknown", verdict.unknown},
            {"of_those_there", verdict.recovered},
            {"deleted_by_a_fault", verdict.deleted},
            {"named_by_the_audit", verdict.passed_over},
            {"order_restarts", verdict.restarts},
            {"lost_by_the_server", verdict.forgotten}}},
          {"results", verdict.results},
          {"replies", verdict.replies},
          {"outcomes", verdict.outcomes},
          {"skipped", verdict.skipped},
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
  const Verdict& verdict = run.verdict;
  const auto number = [](const char* what, uint64_t value) {
    std::printf("%-57s %8llu\n", what, static_cast<unsigned long long>(value));
  };
  std::printf("\n");
  number("faults injected", run.tally.total);
  number("faults skipped", verdict.skipped.size());
  number("requests attempted", verdict.requests);
  number("  answered with an ID", verdict.ok);
  number("  refused", verdict.failed);
  number("  never answered", verdict.unknown);
  number("results of requests without a reply", verdict.recovered);
  number("requests that a fault deleted before they were settled", verdict.deleted);
  number("  of these, restored and reported by the audit", verdict.passed_over);
  number("expected restarts of the order of requests", verdict.restarts);
  number("acknowledged, then lost by the server", verdict.forgotten);
  number("results", verdict.results);
  number("replies that match their result", verdict.replies);
  for (const auto& [outcome, count] : verdict.outcomes) number(("  " + outcome).c_str(), count);
  std::printf("\nrecovery from a healed fault: p50 %lld ms, p99 %lld ms, max %lld ms\n",
              static_cast<long long>(run.tally.percentile(0.5).count()),
              static_cast<long long>(run.tally.percentile(0.99).count()),
              static_cast<long long>(run.tally.percentile(1).count()));
  for (const std::string& violation : verdict.violations) std::printf("VIOLATION %s\n", violation.c_str());
  std::printf("%s: seed %llu, %zu trials, %lld s\n", verdict.violations.empty() ? "all promises were kept" : "VIOLATED",
              static_cast<unsigned long long>(run.seed), run.trials, static_cast<long long>(run.took.count() / 1000));
  std::printf("to repeat this schedule: %s\n", run.again.c_str());
}

void write_streams(Trial& trial, const std::filesystem::path& place) {
  for (const std::string stream : {"orders", "results", "orders:dead"}) {
    std::ofstream file(place / (stream + ".txt"));
    for (std::string first = "-";;) {
      const auto entries = test::entries_of(trial.call({"XRANGE", stream, first, "+", "COUNT", "2000"}).view());
      if (entries.empty()) break;
      for (const test::Entry& entry : entries) {
        file << entry.id;
        for (const auto& [name, value] : entry.fields) file << " " << name << "=" << value.substr(0, 300);
        file << "\n";
      }
      first = "(" + entries.back().id;
    }
  }
}

}  // namespace

void say_trial(std::size_t number, const Plan& plan, bool alone, const Tally& tally, const Verdict& verdict) {
  std::fprintf(
      stderr, "chaos: trial %zu (%zu daemon%s, %s, %s%s): %llu faults, %llu results, recovery p99 %lld ms: %s\n",
      number, plan.daemons, plan.daemons == 1 ? "" : "s", name_of(plan.workload),
      alone ? "one fault at a time" : "many at a time", plan.lossy ? ", a server that may lose data" : "",
      static_cast<unsigned long long>(tally.total), static_cast<unsigned long long>(verdict.results),
      static_cast<long long>(tally.percentile(0.99).count()), verdict.violations.empty() ? "good" : "VIOLATED");
  for (const std::string& skipped : verdict.skipped) std::fprintf(stderr, "  skipped: %s\n", skipped.c_str());
  for (const std::string& violation : verdict.violations) std::fprintf(stderr, "  %s\n", violation.c_str());
}

void print_run(const Run& run, bool json) {
  if (json) {
    std::printf("%s\n", json_of(run).dump(-1, ' ', false, Json::error_handler_t::replace).c_str());
  } else {
    print_table(run);
  }
}

void keep_evidence(Trial& trial, const Verdict& verdict, const std::string& where) {
  const std::filesystem::path place = std::filesystem::path(where) / ("trial-" + std::to_string(trial.plan.seed));
  std::filesystem::create_directories(place);
  std::ofstream violations(place / "violations.txt");
  for (const std::string& violation : verdict.violations) violations << violation << "\n";
  std::ofstream notes(place / "schedule.txt");
  for (const std::string& note : trial.notes()) notes << note << "\n";
  std::ofstream(place / "audit.json") << verdict.audit;
  std::error_code ignored;  // best effort
  std::filesystem::copy(trial.server.directory() + "/appendonlydir", place / "appendonlydir", ignored);
  std::ofstream(place / "valkey.log") << trial.server.log();
  for (const auto& daemon : trial.daemons) std::ofstream(place / (daemon->name() + ".log")) << daemon->whole_log();
  std::ofstream attempts(place / "attempts.txt");
  for (const Attempt& attempt : trial.record.contents().attempts) {
    attempts << attempt.entry.text() << " " << static_cast<int>(attempt.outcome) << " " << attempt.order
             << (attempt.malformed ? " malformed" : "") << "\n";
  }
  std::fprintf(stderr, "chaos: logs and streams are in %s\n", place.c_str());
  try {
    write_streams(trial, place);
  } catch (const std::runtime_error& error) {
    std::fprintf(stderr, "chaos: its streams cannot be read: %s\n", error.what());
  }
}

}  // namespace orderd::chaos
