// What a run of the fault injector prints, and what it leaves behind of a violation.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "chaos/runner/judge.h"
#include "chaos/runner/schedule.h"

namespace orderd::chaos {

// The sum of all trials.
struct Run {
  uint64_t seed = 0;
  std::string again;  // the command that plays the same schedule again
  std::size_t trials = 0;
  std::chrono::milliseconds took{0};
  Tally tally;
  Verdict verdict;
};

// A line on standard error, and the violations.
void say_trial(std::size_t number, const Plan& plan, bool alone, const Tally& tally, const Verdict& verdict);
// The record on standard output: a table, or one JSON object.
void print_run(const Run& run, bool json);
// Logs, streams and the violations, in a directory below `where` that it names on standard error.
void keep_evidence(Trial& trial, const Verdict& verdict, const std::string& where);

}  // namespace orderd::chaos
