// The pictures of a report as scripts for gnuplot, made from the files of a run.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/result.h"
#include "shared/output.h"

namespace orderd::replay {

struct Plot {
  std::string title;
  std::string caption;
  std::string script;  // writes SVG to standard output; its colors stand for names, see colors_named()
};

// In the order of the page. A picture that there is no data for is left out.
[[nodiscard]] Result<std::vector<Plot>> plots_of(const std::string& directory, const tools::Json& summary);

// `svg` with the colors of the scripts replaced by the page's variables: --ink, --grid, --c0 to --c7.
[[nodiscard]] std::string colors_named(std::string svg);

}  // namespace orderd::replay
