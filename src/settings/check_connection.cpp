// Settings of the connection that contradict each other or name unusable files.
#include <optional>
#include <utility>

#include "settings/cross_checks_parts.h"
#include "settings/password_file.h"
#include "settings/text.h"
#include "valkey/endpoint.h"

namespace orderd::settings {
namespace {

class ConnectionChecks {
 public:
  ConnectionChecks(const Settings& settings, const Findings& findings) : settings_(settings), findings_(findings) {}

  void run() {
    check_credentials();
    check_sentinels();
    check_cluster();
    check_tls();
    check_password_file("valkey.password_file", settings_.valkey.password_file);
    check_password_file("valkey.sentinel_password_file", settings_.valkey.sentinel_password_file);
  }

 private:
  [[nodiscard]] bool good(std::initializer_list<std::string_view> keys) const { return findings_.good(keys); }
  void report(std::initializer_list<std::string_view> keys, const std::string& what) { findings_.report(keys, what); }

  // The endpoint of valkey.url; nullopt if invalid.
  [[nodiscard]] std::optional<valkey::Endpoint> first_server() const {
    auto servers = valkey::parse_urls(settings_.valkey.url);
    if (!servers) return std::nullopt;
    return std::move(servers->front());
  }

  void check_credentials() {
    if (!good({"valkey.url"})) return;
    const auto endpoint = first_server();
    if (!endpoint) return;
    const auto check = [&](std::string_view key, const std::string& value, bool in_url, const char* what) {
      if (value.empty() || !good({key})) return;
      if (endpoint->kind == valkey::Endpoint::Kind::kEmbedded) {
        report({key}, in_quotes(value) + ": the server of embedded:DIR has no users or passwords; remove it");
      } else if (in_url) {
        report({key}, in_quotes(value) + ": valkey.url contains a " + what + ", too; allowed: one of the two");
      }
    };
    check("valkey.username", settings_.valkey.username, !endpoint->username.empty(), "user");
    check("valkey.password_file", settings_.valkey.password_file, !endpoint->password.empty(), "password");
  }

  void check_sentinels() {
    if (!good({"valkey.sentinels", "valkey.service", "valkey.url"})) return;
    const bool used = settings_.has_sentinels();
    const auto alone = [&](std::string_view key, const std::string& value) {
      if (!used && !value.empty())
        report({key}, in_quotes(value) + ": valkey.sentinels is empty; set it, or remove this");
    };
    alone("valkey.service", settings_.valkey.service);
    alone("valkey.sentinel_username", settings_.valkey.sentinel_username);
    alone("valkey.sentinel_password_file", settings_.valkey.sentinel_password_file);
    if (!used) return;
    if (settings_.valkey.service.empty()) {
      report({"valkey.sentinels"}, "valkey.service is missing: the name of the primary at the sentinels");
    }
    const auto endpoint = first_server();
    if (endpoint && endpoint->kind != valkey::Endpoint::Kind::kTcp) {
      report({"valkey.url"}, in_quotes(valkey::masked(settings_.valkey.url)) +
                                 ": sentinels name servers by host and port; allowed with them: valkey://");
    }
  }

  void check_cluster() {
    if (!good({"valkey.url", "valkey.cluster", "valkey.sentinels"})) return;
    const auto servers = valkey::parse_urls(settings_.valkey.url);
    if (!servers) return;
    const std::string shown = in_quotes(valkey::redacted(*servers));
    if (!settings_.valkey.cluster) {
      if (servers->size() > 1) {
        report({"valkey.url"}, shown + " names several servers: set valkey.cluster = true, or name one");
      }
      return;
    }
    if (settings_.has_sentinels()) {
      report({"valkey.sentinels", "valkey.cluster"},
             "valkey.cluster is true: a cluster has no sentinels; remove one of the two");
    }
    if (servers->front().kind != valkey::Endpoint::Kind::kTcp) {
      report({"valkey.url", "valkey.cluster"},
             shown + ": the nodes of a cluster have hosts and ports; allowed with valkey.cluster: valkey://");
    } else if (servers->front().database != 0) {
      report({"valkey.url", "valkey.cluster"}, shown + ": a cluster has only database 0; remove /" +
                                                   std::to_string(servers->front().database) + " from valkey.url");
    }
  }

  // Only the password file in force is read. An unprivileged daemon cannot read the file that its settings name for
  // orderctl: a variable has the path of a copy.
  void check_tls() {
    if (!good({"valkey.url", "valkey.tls_ca_file", "valkey.tls_cert_file", "valkey.tls_key_file",
               "valkey.tls_server_name"})) {
      return;
    }
    const auto endpoint = first_server();
    const valkey::TlsFiles files = settings_.tls_files();
    if (endpoint && !endpoint->tls) {
      for (const auto& [key, value] :
           {std::pair("valkey.tls_ca_file", files.ca), std::pair("valkey.tls_cert_file", files.cert),
            std::pair("valkey.tls_key_file", files.key),
            std::pair("valkey.tls_server_name", settings_.valkey.tls_server_name)}) {
        if (!value.empty())
          report({key}, in_quotes(value) + ": valkey.url is without TLS; begin it with valkeys://, or remove this");
      }
      return;
    }
    if (files.cert.empty() != files.key.empty()) {
      const char* missing = files.cert.empty() ? "valkey.tls_cert_file" : "valkey.tls_key_file";
      return report({files.cert.empty() ? "valkey.tls_key_file" : "valkey.tls_cert_file"},
                    std::string(missing) + " is missing: a certificate and its key belong together");
    }
    if (files == valkey::TlsFiles{}) return;  // the system's certificates: loading them takes 95 ms
    const auto problem = valkey::problem_of(files);
    if (!problem) return;
    using File = valkey::TlsProblem::File;
    const auto [key, path] = problem->file == File::kCa     ? std::pair("valkey.tls_ca_file", files.ca)
                             : problem->file == File::kCert ? std::pair("valkey.tls_cert_file", files.cert)
                                                            : std::pair("valkey.tls_key_file", files.key);
    report({key}, in_quotes(path) + " " + problem->what);
  }

  void check_password_file(std::string_view key, const std::string& path) {
    if (path.empty() || !good({key})) return;
    const auto password = read_password_file(path);
    if (!password) report({key}, in_quotes(path) + ": " + password.error());
  }

  const Settings& settings_;
  const Findings& findings_;
};

}  // namespace

void check_connection(const Settings& settings, const Findings& findings) {
  ConnectionChecks(settings, findings).run();
}

}  // namespace orderd::settings
