// What a connection says about itself to whoever watches the server (CLIENT LIST): CLIENT SETNAME and CLIENT SETINFO.
// Nothing depends on it: users may lack the right, and SETINFO came with Valkey 7.2.
#pragma once

#include <array>
#include <string_view>

#include "valkey/command.h"

namespace orderd::valkey {

// The library's name and version, then the name. What a name may not hold is replaced by '_': everything but the bytes
// from '!' to '~'.
[[nodiscard]] std::array<Command, 3> client_info(std::string_view name);

}  // namespace orderd::valkey
