// Checks of settings that are valid alone and wrong together, and of the password file in force.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "settings/settings.h"

namespace orderd::settings {

// Which keys were given, and with what success.
struct Origins {
  // key, then where its effective value is, for an error: "orderd.toml:3:12: keys.stock". No entry: the default
  // applies.
  std::map<std::string, std::string, std::less<>> where;
  // Keys that were given an invalid value: Settings holds no usable one.
  std::set<std::string, std::less<>> failed;
};

// Appends a line to `mistakes` for each contradiction. Leaves out keys in `origins.failed`: their mistake is reported
// already.
//
// Deliberately not a contradiction: processing.lease against valkey.reply_timeout. With a lease shorter than the
// timeout, a daemon whose server hangs is succeeded before it gives up its calls; with a longer one, it reconnects
// before its lease ends. Both are safe, since only the call that finds the expected position writes.
void cross_check(const Settings& settings, const Origins& origins, std::vector<std::string>& mistakes);

}  // namespace orderd::settings
