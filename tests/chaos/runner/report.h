// The output of a run of the fault injector, and the files it keeps of a violation.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "chaos/runner/judge.h"
#include "chaos/runner/schedule.h"

namespace orderd::chaos {

// Totals of all trials.
struct Run {
  uint64_t seed = 0;
  std::string again;  // the command that repeats this schedule
  std::size_t trials = 0;
  std::chrono::milliseconds took{0};
  Tally tally;
  Verdict verdict;
};

// Prints a progress line and the violations to standard error.
void say_trial(std::size_t number, const Plan& plan, bool alone, const Tally& tally, const Verdict& verdict);
// Prints the report to standard output: a table, or one JSON object.
void print_run(const Run& run, bool json);
// Writes logs, streams and violations to a directory below `where`, and names it on standard error.
void keep_evidence(Trial& trial, const Verdict& verdict, const std::string& where);

}  // namespace orderd::chaos
