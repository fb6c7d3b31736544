// Temporary certificates for tests of TLS.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "support/temporary_directory.h"

struct evp_pkey_st;
struct x509_st;

namespace orderd::test {

// PEM files of a certificate and its key.
struct CertificateFiles {
  std::string cert;
  std::string key;
};

// Valid from this many days before now to this many after.
struct CertificateDays {
  int before = 1;
  int after = 30;
};

// A CA that signs certificates.
class Authority {
 public:
  using Days = CertificateDays;

  explicit Authority(const std::string& name);

  // Its own certificate.
  [[nodiscard]] const std::string& file() const { return file_; }
  // `names` as in OpenSSL: "DNS:valkey.example", "IP:127.0.0.1". `label` becomes part of the file's name.
  [[nodiscard]] CertificateFiles sign(const std::string& label, const std::vector<std::string>& names,
                                      Days days = {}) const;

 private:
  TemporaryDirectory files_;
  std::string file_;
  std::unique_ptr<evp_pkey_st, void (*)(evp_pkey_st*)> key_;
  std::unique_ptr<x509_st, void (*)(x509_st*)> certificate_;
};

}  // namespace orderd::test
