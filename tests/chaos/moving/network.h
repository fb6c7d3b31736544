// Partitions between loopback addresses, with nftables in this process's own network namespace.
#pragma once

#include <string>

namespace orderd::chaos {

// Moves this process into its own network namespace. False if it may not (it needs root) or nft is missing.
[[nodiscard]] bool own_network();

// Partitions the node with this address from all other nodes (127.0.1.0/24). Clients still reach both sides.
void cut_off(const std::string& host);
// Answers whatever clients send to this address with a reset.
void reset_clients(const std::string& host);
// Removes all partitions and resets.
void reconnect();

}  // namespace orderd::chaos
