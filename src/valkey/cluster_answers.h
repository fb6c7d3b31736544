// Private to cluster.cpp and ask_cluster.cpp: the command, and the failures that its answers cause.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "valkey/command.h"
#include "valkey/endpoint.h"
#include "valkey/reply.h"

namespace orderd::valkey {

[[nodiscard]] Command shards_command();
[[nodiscard]] std::string shards_refusal(const Endpoint& node, const Reply& reply);
[[nodiscard]] std::string no_primary(uint16_t slot);
[[nodiscard]] std::string no_slots(const Endpoint& node);
// Whether a node with this address is in the list.
[[nodiscard]] bool contains(const std::vector<Endpoint>& nodes, const Endpoint& node);
void append_failure(std::string& failures, const std::string& failure);

}  // namespace orderd::valkey
