// One SSL_CTX for each set of files: to read the system's bundle takes 95 ms, which nobody wants at each connect. The
// verification's callback is the only place that sees the certificate that was refused, so it words the reason.
#include "valkey/tls.h"

#include <arpa/inet.h>
#include <hiredis/hiredis.h>
#include <hiredis/hiredis_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <memory>
#include <mutex>
#include <vector>

namespace orderd::valkey {
namespace {

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using Context = std::unique_ptr<SSL_CTX, FreeContext>;  // OpenSSL counts who uses it
constexpr int kNamesShown = 4;

// What a session's verification has to say, in the SSL's ex_data.
struct Verdict {
  std::string expected;
  bool system_ca = false;
  std::string problem;
};

int verdict_index() {
  static const int kIndex =
      SSL_get_ex_new_index(0, nullptr, nullptr, nullptr,
                           [](void* /*ssl*/, void* verdict, CRYPTO_EX_DATA* /*data*/, int /*index*/, long /*argl*/,
                              void* /*argp*/) { delete static_cast<Verdict*>(verdict); });
  return kIndex;
}

Verdict* verdict_of(const SSL* ssl) {
  return static_cast<Verdict*>(SSL_get_ex_data(ssl, verdict_index()));
}

std::string date_of(const ASN1_TIME* time) {
  tm parts{};
  std::array<char, 32> text{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "an unreadable date";
  (void)std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

// Names come from a stranger: nothing but what names are made of.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 100)) out += c > 0x20 && c < 0x7f ? c : '?';
  return out;
}

std::string text_of(const GENERAL_NAME& name) {
  if (name.type == GEN_DNS) {
    return "DNS:" + plain({reinterpret_cast<const char*>(ASN1_STRING_get0_data(name.d.dNSName)),
                           static_cast<std::size_t>(ASN1_STRING_length(name.d.dNSName))});
  }
  if (name.type != GEN_IPADD) return "";
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = ASN1_STRING_length(name.d.iPAddress) == 4 ? AF_INET : AF_INET6;
  if (inet_ntop(family, ASN1_STRING_get0_data(name.d.iPAddress), text.data(), text.size()) == nullptr) return "";
  return std::string("IP:") + text.data();
}

// For whom a certificate is.
std::string names_of(const X509* certificate) {
  std::string out;
  int shown = 0;
  const std::unique_ptr<GENERAL_NAMES, void (*)(GENERAL_NAMES*)> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      GENERAL_NAMES_free);
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const std::string text = text_of(*sk_GENERAL_NAME_value(names.get(), i));
    if (text.empty()) continue;
    if (shown++ == kNamesShown) return out + " and others";
    out.append(out.empty() ? "" : ", ").append(text);
  }
  if (!out.empty()) return out;
  std::array<char, 256> common{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, common.data(), common.size());
  return common[0] == '\0' ? "nobody" : "CN=" + plain(common.data());
}

std::string problem_of_certificate(X509_STORE_CTX* store, const Verdict& verdict) {
  const int error = X509_STORE_CTX_get_error(store);
  const X509* certificate = X509_STORE_CTX_get_current_cert(store);
  switch (error) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "its certificate is for " + (certificate == nullptr ? "others" : names_of(certificate)) + ", not for " +
             verdict.expected + "; if that is right, set valkey.tls_server_name";
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "its certificate has expired" +
             (certificate == nullptr ? "" : ", on " + date_of(X509_get0_notAfter(certificate)));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "its certificate is not valid yet" +
             (certificate == nullptr ? "" : ", but from " + date_of(X509_get0_notBefore(certificate))) +
             "; is this machine's clock right?";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return verdict.system_ca
                 ? "its certificate is signed by nobody whom this system trusts; name its CA in valkey.tls_ca_file"
                 : "its certificate is signed by nobody in valkey.tls_ca_file";
    default: return std::string("its certificate was refused: ") + X509_verify_cert_error_string(error);
  }
}

int verify(int good, X509_STORE_CTX* store) {
  if (good == 1) return good;
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  Verdict* verdict = ssl == nullptr ? nullptr : verdict_of(ssl);
  if (verdict != nullptr && verdict->problem.empty()) verdict->problem = problem_of_certificate(store, *verdict);
  return good;
}

// What OpenSSL says about a file that the system lets us read.
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
  if (S_ISDIR(facts.st_mode)) return "is a directory";
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
  // A connection that ends without a farewell is lost like any other: what it carries knows its own length.
  SSL_CTX_set_options(context.get(), SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, verify);
  // Or OpenSSL would ask for a passphrase at the terminal.
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
      return bad(File::kCa, reason_of("holds no certificates in PEM format"));
    }
  }
  if (files.cert.empty()) return {std::move(context), {}};
  if (auto why = unreadable(files.cert)) return bad(File::kCert, *why);
  if (SSL_CTX_use_certificate_chain_file(context.get(), files.cert.c_str()) != 1) {
    return bad(File::kCert, reason_of("holds no certificate in PEM format"));
  }
  if (auto why = unreadable(files.key)) return bad(File::kKey, *why);
  if (SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    const bool other = ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH;
    return bad(File::kKey, other ? "is not the key of the certificate in valkey.tls_cert_file"
                                 : reason_of("holds no private key in PEM format without a passphrase"));
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

// Changes whenever somebody writes or replaces the file.
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
  // One more use of it, for the caller.
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
      if (complain_) complain_(what + "; what was read before stays in use");
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
  std::vector<Entry> entries_;  // one, or two where sentinels have files of their own
  std::function<void(const std::string&)> complain_;
};

Contexts& contexts() {
  static Contexts shared;
  return shared;
}

// SNI is for names only (RFC 6066, 3).
bool expect(SSL* ssl, const std::string& name) {
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str()) == 1) return true;
  ERR_clear_error();
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set1_host(ssl, name.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, name.c_str()) == 1;
}

std::string handshake_problem(const SSL* ssl) {
  const Verdict* verdict = verdict_of(ssl);
  if (verdict != nullptr && !verdict->problem.empty()) return verdict->problem;
  const unsigned long error = ERR_peek_last_error();
  switch (ERR_GET_LIB(error) == ERR_LIB_SSL ? ERR_GET_REASON(error) : 0) {
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_UNSUPPORTED_PROTOCOL: return "it does not speak TLS 1.2 or later";
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
      return "it asks for a client certificate that it trusts: valkey.tls_cert_file and valkey.tls_key_file";
    case SSL_R_WRONG_VERSION_NUMBER: return "it does not answer in TLS; is this its plain port (valkey://)?";
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
  SSL_set_ex_data(ssl, verdict_index(), new Verdict{peer.name, peer.files.ca.empty(), ""});
  const bool ready = expect(ssl, peer.name);
  if (ready && redisInitiateSSL(&context, ssl) == REDIS_OK) return TlsSession(ssl);
  std::string problem = ready ? handshake_problem(ssl) : reason_of("the name cannot be verified");
  if (problem.empty()) {
    problem = errno == EAGAIN ? "no answer to the TLS greeting; is this its plain port (valkey://)?"
                              : "the TLS handshake failed: " + std::string(context.errstr);
  }
  SSL_free(ssl);  // still ours
  return Failure{problem};
}

bool TlsSession::established() const {
  return SSL_is_init_finished(ssl_) == 1;
}

std::string TlsSession::end(bool answered) const {
  std::string problem = handshake_problem(ssl_);
  if (!problem.empty() || answered) return problem;
  // TLS 1.3: the client is done before the server has looked at its certificate.
  if (established()) {
    return "it ended the connection right after the TLS handshake: does it ask for a client certificate that it trusts "
           "(valkey.tls_cert_file, valkey.tls_key_file)?";
  }
  return "it ended the connection during the TLS handshake";
}

void clear_tls_errors() {
  ERR_clear_error();
}

}  // namespace orderd::valkey
