// getnameinfo() with NI_NUMERICHOST makes no lookup, and unlike inet_ntop() it keeps the zone of a link-local address.
#include "valkey/addresses.h"

#include <arpa/inet.h>
#include <netdb.h>

#include <array>

namespace orderd::valkey {

bool is_numeric_host(const std::string& host) {
  in6_addr numeric{};
  return inet_pton(AF_INET, host.c_str(), &numeric) == 1 || inet_pton(AF_INET6, host.c_str(), &numeric) == 1;
}

std::vector<std::string> numeric_hosts(const addrinfo* found) {
  std::vector<std::string> hosts;
  std::array<char, NI_MAXHOST> text{};
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    const int status =
        getnameinfo(each->ai_addr, each->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST);
    if (status == 0) hosts.emplace_back(text.data());
  }
  return hosts;
}

}  // namespace orderd::valkey
