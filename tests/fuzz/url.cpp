// Fuzzes the parser of server addresses: every text is accepted or rejected, accepted ones are complete, and no
// password leaks.
//
// Input: any text; if it contains a line feed, the parts around it are also put around a password and before an '@'.
#include <arpa/inet.h>

#include <algorithm>
#include <string>

#include "base/check.h"
#include "fuzz/input.h"
#include "support/text_rules.h"
#include "valkey/endpoint.h"

namespace orderd::fuzz {
namespace {

using valkey::Endpoint;

constexpr std::string_view kSecret = "S3cr3tW0rd";

bool shows_secret(std::string_view text) {
  return text.find(kSecret) != std::string_view::npos;
}

bool is_host_byte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' || c == '_';
}

// A name, or an IPv6 address with an optional interface after '%'.
bool is_host(const std::string& host) {
  if (host.find(':') == std::string::npos) return !host.empty() && std::ranges::all_of(host, is_host_byte);
  const std::size_t percent = host.find('%');
  const std::string address = host.substr(0, percent);
  in6_addr parsed{};
  if (address.find('\0') != std::string::npos || inet_pton(AF_INET6, address.c_str(), &parsed) != 1) return false;
  if (percent == std::string::npos) return true;
  return percent + 1 < host.size() &&
         std::all_of(host.begin() + static_cast<std::ptrdiff_t>(percent) + 1, host.end(), is_host_byte);
}

void check_endpoint(const Endpoint& endpoint) {
  if (endpoint.kind == Endpoint::Kind::kTcp) {
    ORDERD_CHECK(is_host(endpoint.host), endpoint.host.c_str());
    ORDERD_CHECK(endpoint.port != 0, "no port");
  } else {
    ORDERD_CHECK(!endpoint.path.empty() && endpoint.path.find('\0') == std::string::npos, "no path");
    ORDERD_CHECK(endpoint.password.empty() && endpoint.username.empty(), "a login for a socket");
  }
  ORDERD_CHECK(endpoint.database >= 0 && endpoint.database <= 65535, "the database is out of range");
  // What is printed parses as the same address, except the password.
  const std::string shown = endpoint.redacted();
  const auto again = valkey::parse_url(shown);
  ORDERD_CHECK(again.ok(), shown.c_str());
  ORDERD_CHECK(again->kind == endpoint.kind && again->host == endpoint.host && again->port == endpoint.port &&
                   again->path == endpoint.path && again->database == endpoint.database &&
                   again->username == endpoint.username && again->tls == endpoint.tls,
               shown.c_str());
  ORDERD_CHECK(again->password == (endpoint.password.empty() ? "" : "***"), shown.c_str());
}

void check(std::string_view url) {
  (void)valkey::masked(url);
  if (const auto servers = valkey::parse_urls(url)) {
    for (const Endpoint& each : *servers) check_endpoint(each);
    const std::string shown = valkey::redacted(*servers);
    const auto again = valkey::parse_urls(shown);
    ORDERD_CHECK(again.ok() && again->size() == servers->size(), shown.c_str());
    for (std::size_t i = 0; i < servers->size(); ++i) {
      ORDERD_CHECK((*again)[i].same_address((*servers)[i]), shown.c_str());
    }
  }
  const auto endpoint = valkey::parse_url(url);
  if (endpoint) return;
  ORDERD_CHECK(test::is_plain(endpoint.error()) && !endpoint.error().empty(), "a failure without a text");
}

// The secret is in the place of a password: before the last '@'. `before` and `behind` do not contain it.
void check_secret(std::string_view before, std::string_view behind) {
  const std::string url = std::string(before).append(kSecret).append("@").append(behind);
  const bool path = url.starts_with("embedded:") || url.starts_with("unix:///");
  ORDERD_CHECK(path || !shows_secret(valkey::masked(url)), url.c_str());
  const auto servers = valkey::parse_urls(url);
  if (!servers) {
    ORDERD_CHECK(!shows_secret(servers.error()), url.c_str());
    return;
  }
  if (shows_secret(servers->front().username) || path) return;
  ORDERD_CHECK(!shows_secret(valkey::redacted(*servers)), url.c_str());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  Input input(data, size);
  check(input.rest());
  const std::string_view before = input.take_to('\n');
  const std::string_view behind = input.rest();
  if (!shows_secret(before) && !shows_secret(behind)) check_secret(before, behind);
  return 0;
}

}  // namespace orderd::fuzz
