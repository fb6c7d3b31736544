#include "support/certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <stdexcept>

namespace orderd::test {
namespace {

constexpr long kDaySeconds = 24L * 3600;

using Certificate = std::unique_ptr<X509, void (*)(X509*)>;

void need(bool good, const char* what) {
  if (!good) throw std::runtime_error(std::string("OpenSSL refused: ") + what);
}

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  need(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1, value.c_str());
  X509_EXTENSION_free(extension);
}

// Signed by `issuer` with its key; self-signed without one.
Certificate make(const std::string& name, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key, Authority::Days days,
                 const std::vector<std::string>& names) {
  static long serial = 1;
  Certificate certificate(X509_new(), X509_free);
  need(certificate != nullptr, "X509_new");
  X509* raw = certificate.get();
  X509* signer = issuer == nullptr ? raw : issuer;
  X509_set_version(raw, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(raw), serial++);
  X509_gmtime_adj(X509_getm_notBefore(raw), -days.before * kDaySeconds);
  X509_gmtime_adj(X509_getm_notAfter(raw), days.after * kDaySeconds);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(raw), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(raw, X509_get_subject_name(signer));
  X509_set_pubkey(raw, key);
  add_extension(raw, signer, NID_basic_constraints, issuer == nullptr ? "critical,CA:TRUE" : "critical,CA:FALSE");
  std::string all;
  for (const std::string& each : names) all += (all.empty() ? "" : ",") + each;
  if (!all.empty()) add_extension(raw, signer, NID_subject_alt_name, all);
  need(X509_sign(raw, issuer_key, EVP_sha256()) != 0, "to sign");
  return certificate;
}

// The certificate, or without one the key.
void write(const std::string& path, const X509* certificate, const EVP_PKEY* key = nullptr) {
  std::FILE* file = std::fopen(path.c_str(), "w");
  need(file != nullptr, path.c_str());
  const int written = key == nullptr ? PEM_write_X509(file, certificate)
                                     : PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
  need(std::fclose(file) == 0 && written == 1, path.c_str());
}

}  // namespace

Authority::Authority(const std::string& name)
    : file_(files_.file("ca.pem")), key_(EVP_EC_gen("P-256"), EVP_PKEY_free), certificate_(nullptr, X509_free) {
  certificate_ = make(name, key_.get(), nullptr, key_.get(), {}, {});
  write(file_, certificate_.get());
}

CertificateFiles Authority::sign(const std::string& label, const std::vector<std::string>& names, Days days) const {
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const Certificate certificate = make(label, key.get(), certificate_.get(), key_.get(), days, names);
  CertificateFiles files{files_.file(label + ".pem"), files_.file(label + ".key")};
  write(files.cert, certificate.get());
  write(files.key, nullptr, key.get());
  return files;
}

}  // namespace orderd::test
