// From what a look-up found to addresses that no further look-up is needed for.
#pragma once

#include <string>
#include <vector>

struct addrinfo;

namespace orderd::valkey {

// Is `host` an IPv4 or IPv6 address already?
[[nodiscard]] bool is_numeric_host(const std::string& host);

// What getaddrinfo() found, as text, in its order, which is the order to try them in. A zone stays: "fe80::1%eth0".
[[nodiscard]] std::vector<std::string> numeric_hosts(const addrinfo* found);

}  // namespace orderd::valkey
