// Cutting the power below a server: what its kernel had not yet been made to write down is gone.
#pragma once

#include <cstdint>
#include <string>

#include "chaos/shims.h"
#include "support/valkey_server.h"

namespace orderd::test {

struct PowerCut {
  uint64_t bytes_safe = 0;
  uint64_t bytes_lost = 0;
};

// Kills the server, which must run under these shims with an append-only file, and cuts each of its append-only files
// and their manifest down to what was safe. start() it again afterwards. Throws std::runtime_error.
PowerCut cut_power(ValkeyServer& server, const Shims& shims);

// The path of the append-only file that a server in this directory appends to: the incremental one that its manifest
// names last. Throws std::runtime_error where there is none.
[[nodiscard]] std::string append_only_file(const std::string& server_directory);

}  // namespace orderd::test
