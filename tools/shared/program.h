// Shared by the sub-commands: the command line fills a Program, then main() runs its action.
#pragma once

#include <functional>

#include "base/result.h"
#include "settings/load.h"

namespace orderd::tools {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kUsage = 2;
inline constexpr int kViolation = 3;

// Input of an action.
struct Context {
  settings::Settings settings;
  bool json = false;
};

// Returns the exit status. A failure is one sentence for a person, and status 1.
using Action = std::function<Result<int>(const Context&)>;

struct Program {
  settings::Sources sources;
  bool json = false;
  Action action;  // of the sub-command that was given
};

}  // namespace orderd::tools
