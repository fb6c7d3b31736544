// The CSV files of a run: a heading, then rows of so many fields, in quotes where they need it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace orderd::replay {

// A field that is text, in quotes. A spreadsheet takes one that begins with = + - @ or a control character for a
// formula: an apostrophe before it prevents that, also before an apostrophe that the text begins with. Numbers need
// none of this.
[[nodiscard]] std::string csv_text(std::string_view text);
// Texts are as they were before csv_text(). Without the heading. The failure names the file, and the line that is
// wrong.
[[nodiscard]] Result<std::vector<std::vector<std::string>>> read_csv(const std::string& file, std::size_t fields);
// A number; 0 where it is none.
[[nodiscard]] double value_of(const std::string& field);

}  // namespace orderd::replay
