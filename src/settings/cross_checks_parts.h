// Private to cross_checks.cpp: its two halves, and what they share.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "settings/cross_checks.h"

namespace orderd::settings {

// Where mistakes go.
struct Findings {
  const Origins& origins;
  std::vector<std::string>& mistakes;

  // Whether all of these have valid values.
  [[nodiscard]] bool good(std::initializer_list<std::string_view> keys) const;
  // Reports `what` at the place of the first of `keys` that was given.
  void report(std::initializer_list<std::string_view> keys, const std::string& what) const;
};

// Names of streams and templates of keys: no key may ever equal another, and the keys of a lane are in one slot.
void check_keys(const Settings& settings, const Findings& findings);
// The server, the user, sentinels, the cluster, TLS, the password files.
void check_connection(const Settings& settings, const Findings& findings);

}  // namespace orderd::settings
