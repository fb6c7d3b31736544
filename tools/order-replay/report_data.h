// The data of a report as gnuplot reads it: what report.gp expects before it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "base/result.h"
#include "shared/output.h"

namespace orderd::replay {

// From the files of a run in `directory`, of which this is the summary.
[[nodiscard]] Result<std::string> report_data(const std::string& directory, const tools::Json& summary);

}  // namespace orderd::replay
