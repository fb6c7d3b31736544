// The settings file: TOML, cut into values.
#pragma once

#include <string>
#include <vector>

#include "settings/value.h"

namespace orderd::settings {

// Appends what the file gives to `given`, in the file's order, keys that nobody knows included: `key` is "section.name"
// with its sections. What is wrong with the file itself, or with a section, is appended to `mistakes`, a line each.
void read_file(const std::string& path, std::vector<Given>& given, std::vector<std::string>& mistakes);

}  // namespace orderd::settings
