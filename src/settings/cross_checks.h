// Checks of settings that are valid alone and wrong together, and of the password file in force.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "settings/settings.h"

namespace orderd::settings {

// Which keys were given, and whether they were valid.
struct Origins {
  // Key to the place of its effective value, for errors: "orderd.toml:3:12: keys.stock". No entry: the default applies.
  std::map<std::string, std::string, std::less<>> where;
  // Keys that were given an invalid value: Settings holds no usable one.
  std::set<std::string, std::less<>> failed;
};

// Appends a line to `mistakes` for each conflict. Skips keys in `origins.failed`: their mistake is already reported.
//
// Deliberately not a conflict: processing.lease and valkey.reply_timeout. With a lease shorter than the timeout, a
// daemon whose server hangs is replaced before it times out its calls; with a longer one, it reconnects before its
// lease ends. Both are safe, because only the call that finds the expected position writes.
void cross_check(const Settings& settings, const Origins& origins, std::vector<std::string>& mistakes);

}  // namespace orderd::settings
