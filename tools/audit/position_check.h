// The position against the results that were written along with it.
#pragma once

#include "audit/findings.h"
#include "audit/horizon.h"

namespace orderd::audit {

// What the results say of the position.
struct Settled {
  Id request;          // of the newest result that names one, after the floor; 0-0: there is none
  Id result;           // that result
  uint64_t count = 0;  // results that name a request, after the floor
  uint64_t read = 0;   // entries of the results stream
};

void check_position(const Horizon& horizon, const Settled& settled, Findings& findings);

}  // namespace orderd::audit
