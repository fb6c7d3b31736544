// What `orderctl doctor` looks at: the server against what orderd needs with these settings. It changes nothing.
#pragma once

#include <string>
#include <vector>

#include "shared/client.h"

namespace orderd::tools {

struct Finding {
  enum class State {
    kGood,
    kProblem,
    kUnknown,  // the server does not say, or this user may not ask
  };
  State state = State::kGood;
  std::string check;  // one of kChecks
  std::string what;   // what is there, a few words or one clause
  std::string why;    // a problem: why it matters; kUnknown: why it is not known
  std::string fix;    // a problem: the command or the step that ends it
};

// The names of all checks, in the order in which they are made.
inline constexpr const char* kChecks[] = {"version", "role",     "persistence", "truncated", "eviction", "memory",
                                          "growth",  "replicas", "coverage",    "login",     "rights",   "scripts",
                                          "clock",   "ids",      "keys",        "groups"};

// One finding for each check, more for `groups`, `ids`, `keys` and `rights` where there are several problems. `lanes`:
// the ones on this server, at least one; the names in a finding say which. A failure: the connection was lost, or the
// server cannot answer now.
[[nodiscard]] Result<std::vector<Finding>> check_up(Client& client, const std::vector<settings::Settings>& lanes);

}  // namespace orderd::tools
