// Cuts between addresses of the loopback device, with nftables in a network namespace of this process.
#pragma once

#include <string>

namespace orderd::chaos {

// Moves this process into a network namespace of its own. False: it may not (it needs to be root), or nft is missing.
[[nodiscard]] bool own_network();

// From now on the node with this address and all other nodes (127.0.1.0/24) do not hear each other; clients hear both.
void cut_off(const std::string& host);
// Whatever clients send to this address is answered with a reset.
void reset_clients(const std::string& host);
// Ends all cuts.
void reconnect();

}  // namespace orderd::chaos
