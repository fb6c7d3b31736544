// The settings file: TOML, split into values.
#pragma once

#include <string>
#include <vector>

#include "settings/value.h"

namespace orderd::settings {

// Appends the values of the file to `given`, in the order of the file, with unknown keys: `key` is "section.name" with
// all its sections. Appends a line to `mistakes` for what is wrong with the file itself or with a section. A file of
// any content is safe to read: its size and its nesting are limited before it is parsed.
void read_file(const std::string& path, std::vector<Given>& given, std::vector<std::string>& mistakes);

}  // namespace orderd::settings
