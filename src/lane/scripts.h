// The scripts that a lane loads, in the order of its handshake.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "lua/scripts.h"

namespace orderd::lane {

enum Script : std::size_t { kSettle, kJoin, kLease, kSign, kTrim };

[[nodiscard]] inline std::vector<std::string_view> script_sources() {
  return {lua::settle, lua::join, lua::lease, lua::sign, lua::trim};
}

}  // namespace orderd::lane
