// Reads the CSV files of a run: a heading, then rows of so many fields, in quotes where they need it.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace orderd::replay {

// Without the heading. The failure names the file, and the line that is wrong.
[[nodiscard]] Result<std::vector<std::vector<std::string>>> read_csv(const std::string& file, std::size_t fields);
// A number; 0 where it is none.
[[nodiscard]] double value_of(const std::string& field);

}  // namespace orderd::replay
