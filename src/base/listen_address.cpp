// Names are not looked up: which interfaces a server listens on should not depend on a name server.
#include "base/listen_address.h"

#include <arpa/inet.h>

#include <array>

#include "base/number.h"

namespace orderd {
namespace {

bool is_ip(int family, const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return ::inet_pton(family, host.c_str(), bytes.data()) == 1;
}

}  // namespace

bool ListenAddress::loopback() const {
  return v6 ? host == "::1" : host.starts_with("127.");
}

std::string ListenAddress::text() const {
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<ListenAddress> parse_listen_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return Failure{"has no port"};
  const auto port = parse_number<uint16_t>(text.substr(colon + 1));
  if (!port) return Failure{"has no port between 0 and 65535 after the last colon"};
  ListenAddress address;
  address.port = *port;
  std::string_view host = text.substr(0, colon);
  if (host.empty()) return Failure{"has no address before the port"};
  address.v6 = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (address.v6) host = host.substr(1, host.size() - 2);
  address.host = !address.v6 && host == "localhost" ? "127.0.0.1" : std::string(host);
  if (!is_ip(address.v6 ? AF_INET6 : AF_INET, address.host)) {
    return Failure{host.find(':') != std::string_view::npos && !address.v6
                       ? "has an IPv6 address without brackets"
                       : "has something that is not an IP address before the port"};
  }
  return address;
}

}  // namespace orderd
