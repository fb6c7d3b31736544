// What a figure depends on beside the code: the machine, and the versions of what takes part.
#pragma once

#include "benchmark/report.h"

namespace orderd::bench {

void put_down_machine(Report& report);

}  // namespace orderd::bench
