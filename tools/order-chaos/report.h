// The output of a run of the fault injector, and the files it keeps of a violation.
#pragma once

#include "order-chaos/trial_base.h"

namespace orderd::chaos {

struct Run {
  uint64_t seed = 0;
  std::string again;  // the command that repeats this schedule
  std::size_t trials = 0;
  std::chrono::milliseconds took{0};
  Verdict sum;
};

// Prints a progress line and the first violations to standard error. `what`: the kind of trial.
void say_trial(std::size_t number, const std::string& what, const Verdict& verdict);
// Prints the report to standard output: a table, or one JSON object.
void print_run(const Run& run, bool json);
// Writes logs, violations and whatever the trial keeps to a directory below `where`, and names it on standard error.
void keep_evidence(TrialBase& trial, const std::string& where);

}  // namespace orderd::chaos
