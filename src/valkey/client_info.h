// How a connection appears in CLIENT LIST: CLIENT SETNAME and CLIENT SETINFO. Optional: users may lack the right, and
// SETINFO is new in Valkey 7.2.
#pragma once

#include <array>
#include <string_view>

#include "valkey/command.h"

namespace orderd::valkey {

// Commands that set the library's name and version, then the client's name. Bytes other than '!' to '~' are replaced by
// '_'.
[[nodiscard]] std::array<Command, 3> client_info(std::string_view name);

}  // namespace orderd::valkey
