// A server's address, the user for it, and how to parse both from settings.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "valkey/tls.h"

namespace orderd::valkey {

struct Endpoint {
  enum class Kind {
    kTcp,       // host, port
    kUnix,      // path: the socket
    kEmbedded,  // path: the directory of an embedded server, whose socket is embedded_socket(path)
  };
  Kind kind = Kind::kTcp;
  std::string host = "127.0.0.1";
  uint16_t port = 6379;
  std::string path;
  int database = 0;
  std::string username;  // empty: the default user; may be set without a password
  std::string password;  // empty: none
  bool tls = false;
  TlsFiles tls_files = {};
  std::string tls_name = {};  // expected in the server's certificate; empty: the host
  bool cluster = false;       // a node of a cluster is expected

  // nullopt: no TLS.
  [[nodiscard]] std::optional<TlsPeer> tls_peer() const;

  // For logs and errors: without the password.
  [[nodiscard]] std::string redacted() const;
  bool operator==(const Endpoint&) const = default;
  // Whether host and port are equal.
  [[nodiscard]] bool same_address(const Endpoint& other) const { return host == other.host && port == other.port; }
};

// Parses valkey://[user:password@]host[:port][/db], valkeys:// (TLS), redis:// and rediss:// likewise,
// unix:///path[?db=N], embedded:DIR. User and password must be percent-encoded, the path of unix:// may be, DIR is
// literal. IPv6 addresses need brackets. Paths may be relative to the working directory; a socket's has at most 107
// bytes. db: 0 to 65535. The failure says what is wrong and what is allowed, and never contains a password.
[[nodiscard]] Result<Endpoint> parse_url(std::string_view url);

// The same, but valkey://user:password@h1:6379,h2:6379 may name several servers, which share everything else.
[[nodiscard]] Result<std::vector<Endpoint>> parse_urls(std::string_view url);
// Several servers as one URL, as Endpoint::redacted().
[[nodiscard]] std::string redacted(const std::vector<Endpoint>& servers);

// Parses host[:port], one or more, separated by commas, into endpoints without credentials. IPv6 addresses need
// brackets. `port`: the default. The failure says what is wrong and what is allowed.
[[nodiscard]] Result<std::vector<Endpoint>> parse_addresses(std::string_view text, uint16_t port);
inline constexpr uint16_t kSentinelPort = 26379;

// `url` as given, valid or not, for error messages: whatever may be a password becomes "***".
[[nodiscard]] std::string masked(std::string_view url);

// The socket of the embedded server in `directory`.
[[nodiscard]] std::string embedded_socket(std::string_view directory);

}  // namespace orderd::valkey
