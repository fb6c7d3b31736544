// orderd --check --online: would orderd be able to work with the server of these settings, as their user?
#pragma once

#include "settings/settings.h"

namespace orderd::daemon {

// Connects once for each lane and changes nothing. Prints a line for each good server to standard output, or a line for
// each problem to standard error, with its lane: no connection, a server that cannot do the work, a right that is
// missing with the rule that grants it. Returns the status to exit with: 0, or 1 where there was a problem.
[[nodiscard]] int check_online(const settings::Settings& settings);

}  // namespace orderd::daemon
