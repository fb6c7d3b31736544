// What the figures depend on besides the code: the machine and the versions involved.
#pragma once

#include "benchmark/report.h"

namespace orderd::bench {

void put_down_machine(Report& report);

}  // namespace orderd::bench
