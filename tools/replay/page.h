// A report as one HTML page that needs nothing else.
#pragma once

#include <string>
#include <vector>

#include "shared/output.h"

namespace orderd::replay {

struct Picture {
  std::string title;
  std::string caption;
  std::string svg;  // colors_named() of it
};

[[nodiscard]] std::string page_of(const tools::Json& summary, const std::vector<Picture>& pictures);

}  // namespace orderd::replay
