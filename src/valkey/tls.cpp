// One SSL_CTX for each set of files, since reading the system's certificates takes 95 ms.
#include "valkey/tls.h"

#include <hiredis/hiredis.h>
#include <hiredis/hiredis_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <mutex>
#include <vector>

#include "valkey/tls_verify.h"

namespace orderd::valkey {
namespace {

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using Context = std::unique_ptr<SSL_CTX, FreeContext>;  // counted by OpenSSL

// OpenSSL's reason why a readable file is invalid.
std::string reason_of(const char* otherwise) {
  const unsigned long error = ERR_peek_last_error();
  const char* text = error == 0 ? nullptr : ERR_reason_error_string(error);
  return text == nullptr ? otherwise : std::string(otherwise) + " (" + text + ")";
}

std::optional<std::string> unreadable(const std::string& path) {
  struct stat facts {};
  if (stat(path.c_str(), &facts) != 0 || access(path.c_str(), R_OK) != 0) {
    return std::string("cannot be read: ") + std::strerror(errno);
  }
  // Opening a FIFO would block the loop.
  if (!S_ISREG(facts.st_mode)) return "is not a regular file";
  return std::nullopt;
}

// Either a context or a problem.
struct Made {
  Context context;
  TlsProblem problem;
};

Made make_context(const TlsFiles& files) {
  using File = TlsProblem::File;
  ERR_clear_error();
  Context context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr) return {nullptr, {File::kCa, reason_of("OpenSSL has no TLS")}};
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  // A connection that ends without close_notify is a lost one: RESP itself shows where a reply ends.
  SSL_CTX_set_options(context.get(), SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, verify_certificate);
  // The default asks for a passphrase at the terminal.
  SSL_CTX_set_default_passwd_cb(context.get(),
                                [](char* /*to*/, int /*size*/, int /*write*/, void* /*user*/) { return 0; });
  const auto bad = [](File file, std::string what) { return Made{nullptr, {file, std::move(what)}}; };
  if (files.ca.empty()) {
    if (SSL_CTX_set_default_verify_paths(context.get()) != 1) {
      return bad(File::kCa, reason_of("the system's certificates cannot be read"));
    }
  } else {
    if (auto why = unreadable(files.ca)) return bad(File::kCa, *why);
    if (SSL_CTX_load_verify_file(context.get(), files.ca.c_str()) != 1) {
      return bad(File::kCa, reason_of("contains no certificates in PEM format"));
    }
  }
  if (files.cert.empty()) return {std::move(context), {}};
  if (auto why = unreadable(files.cert)) return bad(File::kCert, *why);
  if (SSL_CTX_use_certificate_chain_file(context.get(), files.cert.c_str()) != 1) {
    return bad(File::kCert, reason_of("contains no certificate in PEM format"));
  }
  if (auto why = unreadable(files.key)) return bad(File::kKey, *why);
  if (SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    const bool other = ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH;
    return bad(File::kKey, other ? "is not the key of the certificate in valkey.tls_cert_file"
                                 : reason_of("contains no private key in PEM format without a passphrase"));
  }
  return {std::move(context), {}};
}

const char* setting_of(TlsProblem::File file) {
  switch (file) {
    case TlsProblem::File::kCa: return "valkey.tls_ca_file";
    case TlsProblem::File::kCert: return "valkey.tls_cert_file";
    case TlsProblem::File::kKey: return "valkey.tls_key_file";
  }
  return "";
}

// Changes when the file is written or replaced.
struct Stamp {
  dev_t device = 0;
  ino_t inode = 0;
  off_t size = 0;
  time_t seconds = 0;
  long nanoseconds = 0;
  bool operator==(const Stamp&) const = default;
};
using Stamps = std::array<Stamp, 3>;

Stamp stamp_of(const std::string& path) {
  struct stat facts {};
  if (path.empty() || stat(path.c_str(), &facts) != 0) return {};
  return {facts.st_dev, facts.st_ino, facts.st_size, facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec};
}

Stamps stamps_of(const TlsFiles& files) {
  return {stamp_of(files.ca.empty() ? X509_get_default_cert_file() : files.ca), stamp_of(files.cert),
          stamp_of(files.key)};
}

class Contexts {
 public:
  // A reference of the caller's own.
  Result<Context> of(const TlsFiles& files) {
    const std::lock_guard lock(mutex_);
    const Stamps stamps = stamps_of(files);
    Entry* entry = nullptr;
    for (Entry& each : entries_) {
      if (each.files == files) entry = &each;
    }
    if (entry != nullptr && entry->stamps == stamps) return use(entry->context);
    Made made = make_context(files);
    if (made.context == nullptr) {
      const std::string what = std::string(setting_of(made.problem.file)) + " " + made.problem.what;
      if (entry == nullptr) return Failure{what};
      entry->stamps = stamps;
      if (complain_) complain_(what + "; the previous files stay in use");
      return use(entry->context);
    }
    Context used = use(made.context);
    if (entry == nullptr) {
      entries_.push_back({files, stamps, std::move(made.context)});
    } else {
      entry->stamps = stamps;
      entry->context = std::move(made.context);
    }
    return used;
  }
  void on_bad(std::function<void(const std::string&)> handler) {
    const std::lock_guard lock(mutex_);
    complain_ = std::move(handler);
  }

 private:
  static Context use(const Context& context) {
    SSL_CTX_up_ref(context.get());
    return Context(context.get());
  }

  struct Entry {
    TlsFiles files;
    Stamps stamps;
    Context context;
  };
  std::mutex mutex_;
  std::vector<Entry> entries_;  // one, or two if sentinels have other files
  std::function<void(const std::string&)> complain_;
};

Contexts& contexts() {
  static Contexts shared;
  return shared;
}

std::string handshake_problem(const SSL* ssl) {
  std::string certificate = certificate_problem(ssl);
  if (!certificate.empty()) return certificate;
  const unsigned long error = ERR_peek_last_error();
  switch (ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_GET_REASON(error) : 0) {
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_UNSUPPORTED_PROTOCOL: return "it does not support TLS 1.2 or later";
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
      return "it requires a client certificate that it trusts: set valkey.tls_cert_file and valkey.tls_key_file";
    case SSL_R_WRONG_VERSION_NUMBER: return "it does not respond with TLS; is this its plain port (valkey://)?";
    default: break;
  }
  const char* text = error == 0 ? nullptr : ERR_reason_error_string(error);
  return text == nullptr ? "" : std::string("the TLS handshake failed: ") + text;
}

}  // namespace

std::optional<TlsProblem> problem_of(const TlsFiles& files) {
  const Made made = make_context(files);
  if (made.context != nullptr) return std::nullopt;
  return made.problem;
}

void on_bad_tls_files(std::function<void(const std::string& what)> handler) {
  contexts().on_bad(std::move(handler));
}

Result<TlsSession> TlsSession::start(redisContext& context, const TlsPeer& peer) {
  auto shared = contexts().of(peer.files);
  if (!shared) return shared.failure();
  ERR_clear_error();
  SSL* ssl = SSL_new(shared->get());
  if (ssl == nullptr) return Failure{reason_of("no TLS session can be made")};
  const bool ready = expect_certificate(ssl, peer.name, peer.files.ca.empty());
  if (ready && redisInitiateSSL(&context, ssl) == REDIS_OK) return TlsSession(ssl);
  std::string problem = ready ? handshake_problem(ssl) : reason_of("the name cannot be verified");
  if (problem.empty()) {
    problem = errno == EAGAIN ? "no answer to the TLS greeting; is this its plain port (valkey://)?"
                              : "the TLS handshake failed: " + std::string(context.errstr);
  }
  SSL_free(ssl);  // hiredis did not take it
  return Failure{problem};
}

bool TlsSession::established() const {
  return SSL_is_init_finished(ssl_) == 1;
}

std::string TlsSession::end(bool answered) const {
  std::string problem = handshake_problem(ssl_);
  if (!problem.empty() || answered) return problem;
  // TLS 1.3: the client finishes the handshake before the server verifies the client's certificate.
  if (established()) {
    return "it ended the connection right after the TLS handshake: does it require a client certificate that it trusts "
           "(valkey.tls_cert_file, valkey.tls_key_file)?";
  }
  return "it ended the connection during the TLS handshake";
}

void clear_tls_errors() {
  ERR_clear_error();
}

}  // namespace orderd::valkey
