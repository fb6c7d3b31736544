// Numeric addresses from the results of a lookup.
#pragma once

#include <string>
#include <vector>

struct addrinfo;

namespace orderd::valkey {

// Is `host` an IPv4 or IPv6 address already?
[[nodiscard]] bool is_numeric_host(const std::string& host);

// The results of getaddrinfo() as text, in the order in which to try them. Zones are kept: "fe80::1%eth0".
[[nodiscard]] std::vector<std::string> numeric_hosts(const addrinfo* found);

}  // namespace orderd::valkey
