// What only several settings together can get wrong.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "settings/settings.h"

namespace orderd::settings {

// Which keys were given, and how that went.
struct Origins {
  // key, where its value in force stands, for an error: "orderd.toml:3:12: keys.stock". A key at its default is not
  // here.
  std::map<std::string, std::string, std::less<>> where;
  // Keys given wrongly, of which Settings hold no good value.
  std::set<std::string, std::less<>> failed;
};

// Appends a line for each contradiction; keys in `origins.failed` are left out: their mistake is told already.
void cross_check(const Settings& settings, const Origins& origins, std::vector<std::string>& mistakes);

}  // namespace orderd::settings
