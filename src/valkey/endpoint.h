// Where a server is and as whom to talk to it.
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
    kUnix,      // path: of the socket
    kEmbedded,  // path: of the directory of a server of our own; its socket is embedded_socket(path)
  };
  Kind kind = Kind::kTcp;
  std::string host = "127.0.0.1";
  uint16_t port = 6379;
  std::string path;
  int database = 0;
  std::string username;  // empty: the default user; a user may have no password
  std::string password;  // empty: none
  bool tls = false;
  TlsFiles tls_files = {};
  std::string tls_name = {};  // that the server's certificate has to be for; empty: the host
  bool cluster = false;       // a node of a cluster is expected

  // Nothing: without TLS.
  [[nodiscard]] std::optional<TlsPeer> tls_peer() const;

  // For logs and errors: never holds the password.
  [[nodiscard]] std::string redacted() const;
  bool operator==(const Endpoint&) const = default;
  // The same host and port.
  [[nodiscard]] bool same_address(const Endpoint& other) const { return host == other.host && port == other.port; }
};

// Reads valkey://[user:password@]host[:port][/db], valkeys:// (TLS), redis:// and rediss:// likewise,
// unix:///path[?db=N], embedded:DIR. User and password are percent-encoded, the path of unix:// may be; DIR is taken as
// it is. An IPv6 address is written in brackets. Paths may be relative to the working directory; the socket's has at
// most 107 bytes. db: 0 to 65535. The failure says what is wrong and what is allowed, and never repeats a password.
[[nodiscard]] Result<Endpoint> parse_url(std::string_view url);

// The same, but valkey://user:password@h1:6379,h2:6379 may name several servers, which have all else in common.
[[nodiscard]] Result<std::vector<Endpoint>> parse_urls(std::string_view url);
// What parse_urls() reads, as Endpoint::redacted().
[[nodiscard]] std::string redacted(const std::vector<Endpoint>& servers);

// host[:port], one or more, separated by commas, each an endpoint without credentials; an IPv6 address is written in
// brackets. `port`: where none is given. The failure says what is wrong and what is allowed.
[[nodiscard]] Result<std::vector<Endpoint>> parse_addresses(std::string_view text, uint16_t port);
inline constexpr uint16_t kSentinelPort = 26379;

// `url` as given, right or wrong, for use in an error: all that may be a password is "***".
[[nodiscard]] std::string masked(std::string_view url);

// The socket of the server that lives in `directory`.
[[nodiscard]] std::string embedded_socket(std::string_view directory);

}  // namespace orderd::valkey
