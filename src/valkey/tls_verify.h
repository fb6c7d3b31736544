// Private to tls.cpp: verifies a server's certificate, and says why it was refused.
#pragma once

#include <openssl/ssl.h>

#include <string>

namespace orderd::valkey {

// The callback for SSL_CTX_set_verify().
int verify_certificate(int good, X509_STORE_CTX* store);
// Expects a certificate for `name`, a DNS name or an address. `system_ca`: it may be signed by a CA that the system
// trusts. False: OpenSSL refused the name.
[[nodiscard]] bool expect_certificate(SSL* ssl, const std::string& name, bool system_ca);
// Why the certificate was refused: one clause, with the setting to change; empty: it was not refused.
[[nodiscard]] std::string certificate_problem(const SSL* ssl);

}  // namespace orderd::valkey
