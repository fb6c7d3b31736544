// orderd --check --online: whether orderd could work with the server of these settings, as their user.
#pragma once

#include "settings/settings.h"

namespace orderd::daemon {

// Connects once for each lane and changes nothing. Prints a line for each usable server to standard output, or a line
// for each problem to standard error, with its lane: no connection, an unsupported server, a missing right with the
// rule that grants it. Returns the exit status: 0, or 1 if there was a problem.
[[nodiscard]] int check_online(const settings::Settings& settings);

}  // namespace orderd::daemon
