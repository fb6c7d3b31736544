// Simulates a power cut: whatever the server's kernel had not synced to disk is lost.
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

// Kills the server, which must run with these shims and an append-only file, and truncates its append-only files and
// their manifest to what was synced. Call start() afterwards. Throws std::runtime_error.
PowerCut cut_power(ValkeyServer& server, const Shims& shims);

// The append-only file that a server in this directory appends to: the last incremental one in its manifest. Throws
// std::runtime_error if there is none.
[[nodiscard]] std::string append_only_file(const std::string& server_directory);

}  // namespace orderd::test
