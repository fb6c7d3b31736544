// The whole audit: reads the streams and checks them. docs/testing.md explains the method.
#pragma once

#include <string>
#include <vector>

#include "audit/findings.h"
#include "audit/horizon.h"
#include "audit/link.h"

namespace orderd::audit {

struct Report {
  Horizon horizon;
  Counts counts;
  Findings findings;
  std::vector<std::string> advice;  // what to do about violations whose cause is known
};

// Only reads. A Failure means that the audit could not be carried out.
[[nodiscard]] Result<Report> run(Link& link, const Options& options);

}  // namespace orderd::audit
