// TLS over a connection of hiredis', which by itself verifies a certificate's chain and not its name, and reports most
// mistakes as "Success".
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

struct redisContext;
struct ssl_st;

namespace orderd::valkey {

// PEM files; empty: none.
struct TlsFiles {
  std::string ca;    // certificates to trust; empty: those that the system trusts
  std::string cert;  // the client's certificate and what is between it and a CA
  std::string key;   // of `cert`, without a passphrase
  bool operator==(const TlsFiles&) const = default;
};

// With what, and whose certificate is expected.
struct TlsPeer {
  TlsFiles files;
  std::string name;  // a DNS name or an address
};

// Which of the files is bad, and why.
struct TlsProblem {
  enum class File { kCa, kCert, kKey } file = File::kCa;
  std::string what;  // "cannot be read: No such file or directory"
};
// Reads the files as a connection would.
[[nodiscard]] std::optional<TlsProblem> problem_of(const TlsFiles& files);

// The files are read again by the first connection after they have changed. Where the new ones are bad, the old ones
// stay in use, and this is called once with the reason, in the thread that connects. Set it before the first
// connection.
void on_bad_tls_files(std::function<void(const std::string& what)> handler);

// The TLS half of one connection.
class TlsSession {
 public:
  // Begins the handshake over a connected context, which owns it from then on; over a blocking one the handshake is
  // done at the return. After a failure the context is good for nothing but to be freed.
  [[nodiscard]] static Result<TlsSession> start(redisContext& context, const TlsPeer& peer);

  // Is the handshake done, as far as this side is concerned?
  [[nodiscard]] bool established() const;
  // Why the connection has ended, where TLS is the reason: one clause, with the setting to look at; else empty. To be
  // asked before the context is freed, and before other calls of OpenSSL. `answered`: has the server replied to
  // anything?
  [[nodiscard]] std::string end(bool answered) const;

 private:
  explicit TlsSession(ssl_st* ssl) : ssl_(ssl) {}
  ssl_st* ssl_;
};

// OpenSSL keeps errors in a queue for each thread, and mistakes an old one of another connection for one of this read
// or write: call it before each.
void clear_tls_errors();

}  // namespace orderd::valkey
