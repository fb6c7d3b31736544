// TLS for hiredis, which by itself verifies the certificate's chain but not its name, and reports most errors as
// "Success".
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

struct redisContext;
struct ssl_st;

namespace orderd::valkey {

// PEM files; empty: not set.
struct TlsFiles {
  std::string ca;    // trusted CAs; empty: the system's
  std::string cert;  // the client's certificate, with intermediate ones
  std::string key;   // of `cert`, without a passphrase
  bool operator==(const TlsFiles&) const = default;
};

// The files, and the name expected in the server's certificate.
struct TlsPeer {
  TlsFiles files;
  std::string name;  // a DNS name or an address
};

// Which file is invalid, and why.
struct TlsProblem {
  enum class File { kCa, kCert, kKey } file = File::kCa;
  std::string what;  // "cannot be read: No such file or directory"
};
// Loads the files as a connection would.
[[nodiscard]] std::optional<TlsProblem> problem_of(const TlsFiles& files);

// The first connection after a change of the files reloads them. If they are invalid, the old ones stay in use, and
// `handler` is called once with the reason, in the thread that connects. Set it before the first connection.
void on_bad_tls_files(std::function<void(const std::string& what)> handler);

// The TLS half of one connection.
class TlsSession {
 public:
  // Starts the handshake on a connected context, which then owns it; on a blocking context it completes the handshake.
  // After a failure the context can only be freed.
  [[nodiscard]] static Result<TlsSession> start(redisContext& context, const TlsPeer& peer);

  // Whether this side has finished the handshake.
  [[nodiscard]] bool established() const;
  // Why the connection ended, if TLS is the reason: one clause, with the setting to check; otherwise empty. Call it
  // before the context is freed and before other calls of OpenSSL. `answered`: the server has sent a reply.
  [[nodiscard]] std::string end(bool answered) const;

 private:
  explicit TlsSession(ssl_st* ssl) : ssl_(ssl) {}
  ssl_st* ssl_;
};

// OpenSSL has one error queue for each thread, and takes an old error of another connection for one of the current read
// or write: call this before each.
void clear_tls_errors();

}  // namespace orderd::valkey
