// Consumer groups that keep a stream from being trimmed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "orderctl/questions.h"
#include "settings/settings.h"

namespace orderd::tools {

struct GroupWarning {
  std::string what;     // a clause: which group, which stream, how far behind
  std::string command;  // that deletes the group
};
// One for each group that has yet to read or to acknowledge what the retention would have trimmed. `now_ms`: the
// server's clock.
[[nodiscard]] std::vector<GroupWarning> find_slow_groups(Questions& questions, const settings::Settings& settings,
                                                         uint64_t now_ms);

}  // namespace orderd::tools
