// Injects faults into a trial: one at a time, with recovery measured, or many at a time. Failures become incidents of
// the trial.
#pragma once

#include "order-chaos/fault.h"

namespace orderd::chaos {

// Injects each fault `times` times in an order drawn from the trial's seed, heals it and waits for recovery. Injects
// none after `end`.
void inject_alone(Trial& trial, const std::vector<Fault>& faults, std::size_t times,
                  std::chrono::steady_clock::time_point end);
// Injects random faults, many at a time, for `time`; then heals all and waits for recovery.
void inject_together(Trial& trial, const std::vector<Fault>& faults, std::chrono::milliseconds time);
// Stops the producers and waits until everything is settled.
void drain(Trial& trial);

}  // namespace orderd::chaos
