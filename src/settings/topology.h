// The topology that the settings ask for.
#pragma once

#include <functional>
#include <memory>

#include "loop/loop.h"
#include "settings/settings.h"
#include "valkey/topology.h"

namespace orderd::settings {

// Reads `settings` anew before each connect: they may change, and so may the files of passwords. Both must outlive it.
[[nodiscard]] std::unique_ptr<valkey::Topology> make_topology(Loop& loop, const Settings& settings);

// Where the primary is just now, for a client that blocks. `client_name`: of the connections to the sentinels.
[[nodiscard]] Result<valkey::Endpoint> find_primary(const Settings& settings, const std::string& client_name);

}  // namespace orderd::settings
