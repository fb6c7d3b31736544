// Parses a server's URL, strictly and from the outside in. Failures never quote what may be part of a password:
// anything before an '@', a port that is not a number, an unknown query.
#include "valkey/endpoint.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/number.h"
#include "valkey/endpoint_text.h"

namespace orderd::valkey {
namespace {

constexpr std::size_t kMaxSocketPathBytes = 107;  // sockaddr_un.sun_path without the final zero
constexpr std::size_t kMaxHostBytes = 253;        // of a DNS name
constexpr int kMaxDatabase = 65535;
constexpr std::string_view kSocketName = "/valkey.sock";

struct Scheme {
  std::string_view text;
  bool tls;
};
constexpr std::array<Scheme, 4> kTcpSchemes = {
    {{"valkey://", false}, {"valkeys://", true}, {"redis://", false}, {"rediss://", true}}};

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}
// Digits only, 0 to `max`.
std::optional<int> whole_number(std::string_view text, int max) {
  const auto value = parse_number<uint32_t>(text);
  return value && *value <= static_cast<uint32_t>(max) ? std::optional(static_cast<int>(*value)) : std::nullopt;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    unsigned char byte = 0;
    const auto [end, error] = std::from_chars(&text[i] + 1, &text[i] + 3, byte, 16);
    if (error != std::errc() || end != &text[i] + 3) return std::nullopt;
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

Failure bad_percent() {
  return {"a % is not followed by two hexadecimal digits (a % itself is written %25)"};
}
Failure bad_database() {
  return {"the database is not a whole number between 0 and 65535"};
}

bool is_host_name(std::string_view host) {
  return !host.empty() && host.size() <= kMaxHostBytes && std::all_of(host.begin(), host.end(), [](char c) {
    return is_digit(c) || is_letter(c) || c == '.' || c == '-' || c == '_';
  });
}

// "[address]" without its brackets: IPv6, with or without a zone.
bool is_ipv6(std::string_view text) {
  const std::size_t percent = text.find('%');
  const std::string address(text.substr(0, percent));
  in6_addr parsed{};
  // order matters: inet_pton() would stop at a zero byte and accept what comes before it.
  return address.find('\0') == std::string::npos && inet_pton(AF_INET6, address.c_str(), &parsed) == 1 &&
         (percent == std::string_view::npos || is_host_name(text.substr(percent + 1)));
}

Result<Endpoint> with_checked_socket(Endpoint endpoint) {
  const bool embedded = endpoint.kind == Endpoint::Kind::kEmbedded;
  if (endpoint.path.empty())
    return Failure{embedded ? "the directory after embedded: is missing" : "the path after unix:// is missing"};
  if (std::any_of(endpoint.path.begin(), endpoint.path.end(), is_control)) {
    return Failure{"the path contains a control character"};
  }
  const std::size_t bytes = embedded ? embedded_socket(endpoint.path).size() : endpoint.path.size();
  if (bytes > kMaxSocketPathBytes) {
    return Failure{"the path of the socket" + std::string(embedded ? ", DIR/valkey.sock," : "") + " has " +
                   std::to_string(bytes) + " bytes; at most " + std::to_string(kMaxSocketPathBytes) + " are allowed"};
  }
  return endpoint;
}

// `rest`: what comes after "unix://".
Result<Endpoint> parse_unix(std::string_view rest) {
  Endpoint endpoint;
  endpoint.kind = Endpoint::Kind::kUnix;
  const std::size_t question = rest.find('?');
  const std::string_view path = rest.substr(0, question);
  if (!path.starts_with('/') && path.find('@') != std::string_view::npos) {
    return Failure{
        "the URL of a Unix socket cannot contain a user or a password; set valkey.username and valkey.password_file"};
  }
  if (question != std::string_view::npos) {
    const std::string_view query = rest.substr(question + 1);
    if (!query.starts_with("db=")) return Failure{"only db=N is allowed after the ?"};
    const auto database = whole_number(query.substr(3), kMaxDatabase);
    if (!database) return bad_database();
    endpoint.database = *database;
  }
  auto decoded = percent_decode(path);
  if (!decoded) return bad_percent();
  endpoint.path = std::move(*decoded);
  return with_checked_socket(std::move(endpoint));
}

// nullopt: it is valid.
std::optional<Failure> parse_userinfo(std::string_view userinfo, Endpoint& endpoint) {
  const std::size_t colon = userinfo.find(':');
  if (colon == std::string_view::npos) {
    return Failure{
        "user:password or :password is expected before the @; for a user without a password set valkey.username"};
  }
  auto user = percent_decode(userinfo.substr(0, colon));
  auto password = percent_decode(userinfo.substr(colon + 1));
  if (!user || !password) return bad_percent();
  if (password->empty()) return Failure{"the password before the @ is empty"};
  endpoint.username = std::move(*user);
  endpoint.password = std::move(*password);
  return std::nullopt;
}

std::optional<Failure> parse_host_port(std::string_view text, Endpoint& endpoint) {
  static const Failure kBadPort{"the port is not a whole number between 1 and 65535"};
  std::string_view behind;
  if (text.starts_with('[')) {
    const std::size_t bracket = text.find(']');
    if (bracket == std::string_view::npos) return Failure{"the ] after the IPv6 address is missing"};
    auto address = percent_decode(text.substr(1, bracket - 1));
    if (!address || address->empty() || !is_ipv6(*address))
      return Failure{"the brackets do not contain an IPv6 address"};
    endpoint.host = std::move(*address);
    behind = text.substr(bracket + 1);
    if (!behind.empty() && behind[0] != ':') return Failure{"only :port is allowed after the ] of an IPv6 address"};
  } else {
    const std::size_t colon = text.find(':');
    if (colon != std::string_view::npos) behind = text.substr(colon);
    if (behind.find(':', 1) != std::string_view::npos) {
      return Failure{"there is more than one : after the host (write an IPv6 address in brackets: [::1]:6379)"};
    }
    const std::string_view host = text.substr(0, colon);
    if (host.empty()) return Failure{"the host is missing"};
    if (!is_host_name(host)) return Failure{"the host is not a name or an address (letters, digits, '.', '-', '_')"};
    endpoint.host = host;
  }
  if (behind.empty()) return std::nullopt;
  const auto port = whole_number(behind.substr(1), 65535);
  if (!port || *port == 0) return kBadPort;
  endpoint.port = static_cast<uint16_t>(*port);
  return std::nullopt;
}

// `rest`: what comes after the scheme.
Result<std::vector<Endpoint>> parse_tcp(std::string_view rest, bool tls) {
  Endpoint endpoint;
  endpoint.tls = tls;
  const std::size_t authority_end = std::min(rest.find_first_of("/?#"), rest.size());
  const std::string_view authority = rest.substr(0, authority_end);
  const std::string_view behind = rest.substr(authority_end);
  const std::size_t at = authority.find('@');
  if (behind.find('@') != std::string_view::npos || authority.rfind('@') != at) {
    return Failure{"in a user and a password, each of : / ? # % @ must be percent-encoded (@ is %40, / is %2F)"};
  }
  if (at != std::string_view::npos) {
    if (auto failure = parse_userinfo(authority.substr(0, at), endpoint)) return *failure;
  }
  if (behind.find_first_of("?#") != std::string_view::npos) return Failure{"only /db is allowed after the port"};
  if (behind.size() > 1) {
    const auto database = whole_number(behind.substr(1), kMaxDatabase);
    if (!database) return bad_database();
    endpoint.database = *database;
  }
  std::vector<Endpoint> servers;
  std::string_view hosts = at == std::string_view::npos ? authority : authority.substr(at + 1);
  while (true) {
    const std::size_t comma = std::min(hosts.find(','), hosts.size());
    servers.push_back(endpoint);
    if (auto failure = parse_host_port(hosts.substr(0, comma), servers.back())) return *failure;
    if (comma == hosts.size()) return servers;
    hosts.remove_prefix(comma + 1);
  }
}

Result<std::vector<Endpoint>> alone(Result<Endpoint> endpoint) {
  if (!endpoint) return endpoint.failure();
  return std::vector<Endpoint>{std::move(*endpoint)};
}

}  // namespace

Result<Endpoint> parse_url(std::string_view url) {
  auto servers = parse_urls(url);
  if (!servers) return servers.failure();
  if (servers->size() > 1) return Failure{"it names several servers, which only a cluster has"};
  return std::move(servers->front());
}

Result<std::vector<Endpoint>> parse_urls(std::string_view url) {
  if (url.starts_with(kEmbeddedScheme)) {
    Endpoint endpoint;
    endpoint.kind = Endpoint::Kind::kEmbedded;
    endpoint.path = url.substr(kEmbeddedScheme.size());
    return alone(with_checked_socket(std::move(endpoint)));
  }
  if (url.starts_with(kUnixScheme)) return alone(parse_unix(url.substr(kUnixScheme.size())));
  for (const Scheme& scheme : kTcpSchemes) {
    if (url.starts_with(scheme.text)) return parse_tcp(url.substr(scheme.text.size()), scheme.tls);
  }
  return Failure{
      "the URL must begin with valkey://, valkeys://, redis://, rediss:// (host:port), unix:// (path) or embedded: "
      "(directory)"};
}

Result<std::vector<Endpoint>> parse_addresses(std::string_view text, uint16_t port) {
  std::vector<Endpoint> endpoints;
  while (true) {
    const std::size_t comma = std::min(text.find(','), text.size());
    std::string_view word = text.substr(0, comma);
    while (word.starts_with(' ')) word.remove_prefix(1);
    while (word.ends_with(' ')) word.remove_suffix(1);
    Endpoint endpoint;
    endpoint.port = port;
    if (word.empty()) return Failure{"an address is missing; allowed: host[:port], separated by commas"};
    if (const auto failure = parse_host_port(word, endpoint)) {
      return Failure{failure->what + "; allowed: host[:port], separated by commas"};
    }
    endpoints.push_back(std::move(endpoint));
    if (comma == text.size()) return endpoints;
    text.remove_prefix(comma + 1);
  }
}

std::optional<TlsPeer> Endpoint::tls_peer() const {
  if (!tls || kind != Kind::kTcp) return std::nullopt;
  return TlsPeer{tls_files, tls_name.empty() ? host : tls_name};
}

std::string embedded_socket(std::string_view directory) {
  while (directory.size() > 1 && directory.ends_with('/')) directory.remove_suffix(1);
  return std::string(directory == "/" ? "" : directory).append(kSocketName);
}

}  // namespace orderd::valkey
