// The callback of OpenSSL's verification is the only place that sees the refused certificate, so it creates the
// message.
#include "valkey/tls_verify.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <array>
#include <ctime>
#include <memory>
#include <string_view>

namespace orderd::valkey {
namespace {

constexpr int kNamesShown = 4;

// Of one session, in the SSL's ex_data.
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

// Names come from an unverified server: only printable ASCII.
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

// The names that a certificate is for.
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
                 ? "its certificate is not signed by a CA that this system trusts; set valkey.tls_ca_file to its CA"
                 : "its certificate is not signed by a CA in valkey.tls_ca_file";
    default: return std::string("its certificate was refused: ") + X509_verify_cert_error_string(error);
  }
}

}  // namespace

int verify_certificate(int good, X509_STORE_CTX* store) {
  if (good == 1) return good;
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  Verdict* verdict = ssl == nullptr ? nullptr : verdict_of(ssl);
  if (verdict != nullptr && verdict->problem.empty()) verdict->problem = problem_of_certificate(store, *verdict);
  return good;
}

bool expect_certificate(SSL* ssl, const std::string& name, bool system_ca) {
  SSL_set_ex_data(ssl, verdict_index(), new Verdict{name, system_ca, ""});
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name.c_str()) == 1) return true;
  ERR_clear_error();
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // SNI is for names only (RFC 6066, 3).
  return SSL_set1_host(ssl, name.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, name.c_str()) == 1;
}

std::string certificate_problem(const SSL* ssl) {
  const Verdict* verdict = verdict_of(ssl);
  return verdict == nullptr ? "" : verdict->problem;
}

}  // namespace orderd::valkey
