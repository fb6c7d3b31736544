// Key names that may collide, retention times, and credentials given twice. Producers choose order IDs and SKUs:
// whatever they choose, the key of one thing may never be the key of another.
#include "settings/cross_checks.h"

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <string_view>

#include "settings/password_file.h"
#include "settings/text.h"
#include "valkey/endpoint.h"

namespace orderd::settings {
namespace {

class Checker {
 public:
  Checker(const Settings& settings, const Origins& origins, std::vector<std::string>& mistakes)
      : settings_(settings), origins_(origins), mistakes_(mistakes) {}

  void run() {
    check_streams();
    check_templates();
    check_retention();
    check_credentials();
    check_sentinels();
    check_tls();
    check_password_file("valkey.password_file", settings_.valkey.password_file);
    check_password_file("valkey.sentinel_password_file", settings_.valkey.sentinel_password_file);
  }

 private:
  // The name of a key in the server, and the setting it comes from.
  struct Name {
    std::string_view setting;
    std::string value;
  };
  // A key that orderd keeps for the orders stream.
  struct Own {
    std::string value;
    std::string what;
  };

  [[nodiscard]] bool good(std::initializer_list<std::string_view> keys) const {
    return std::none_of(keys.begin(), keys.end(), [&](std::string_view key) { return origins_.failed.contains(key); });
  }

  // Reports `what` at the place of the first of `keys` that was given.
  void report(std::initializer_list<std::string_view> keys, const std::string& what) {
    for (const std::string_view key : keys) {
      const auto found = origins_.where.find(key);
      if (found == origins_.where.end()) continue;
      mistakes_.push_back(found->second + ": " + what);
      return;
    }
    mistakes_.push_back(std::string(*keys.begin()) + ": " + what);
  }

  // The streams whose names are known. A relative one (`<orders>:dead`) needs that of the orders stream.
  [[nodiscard]] std::vector<Name> streams() const {
    std::vector<Name> names;
    if (good({"streams.orders"})) names.push_back({"streams.orders", settings_.streams.orders});
    if (good({"streams.results"})) names.push_back({"streams.results", settings_.streams.results});
    const bool absolute = !relative(settings_.streams.dead);
    if (good({"streams.dead"}) && (absolute || good({"streams.orders"}))) {
      names.push_back({"streams.dead", settings_.dead()});
    }
    return names;
  }

  [[nodiscard]] std::vector<Own> own_keys() const {
    if (!good({"streams.orders"})) return {};
    const std::string& orders = settings_.streams.orders;
    return {{order::position_key(orders), "the position"},
            {order::owner_key(orders), "the owner"},
            {order::standby_key(orders), "the standby daemons"}};
  }

  static bool relative(const std::string& text) { return text.find(order::kOrdersPlaceholder) != std::string::npos; }
  static std::string describe(const Own& own) { return "orderd's key for " + own.what + ", " + in_quotes(own.value); }

  void check_streams() {
    const std::vector<Name> all = streams();
    for (std::size_t i = 0; i < all.size(); ++i) {
      for (std::size_t j = i + 1; j < all.size(); ++j) {
        if (all[i].value != all[j].value) continue;
        report({all[j].setting, all[i].setting}, std::string(all[i].setting).append(" and ").append(all[j].setting) +
                                                     " are both " + in_quotes(all[i].value) +
                                                     "; allowed: three different names");
      }
      for (const Own& own : own_keys()) {
        if (all[i].value != own.value) continue;
        report({all[i].setting, "streams.orders"},
               std::string(all[i].setting) + " is " + describe(own) + "; allowed: another name");
      }
    }
  }

  void check_templates() {
    const auto known = [&](std::string_view key, const std::string& text) {
      return good({key}) && (!relative(text) || good({"streams.orders"}));
    };
    const bool stock = known("keys.stock", settings_.keys.stock);
    const bool order = known("keys.order", settings_.keys.order);
    const bool reply = known("keys.reply", settings_.keys.reply);
    const auto differ = [&](const Name& one, const order::KeyTemplate& keys, const Name& other,
                            const order::KeyTemplate& other_keys) {
      if (!keys.may_collide(other_keys)) return;
      report({other.setting, one.setting, "streams.orders"},
             std::string(one.setting) + " " + in_quotes(one.value) + " and " + std::string(other.setting) + " " +
                 in_quotes(other.value) +
                 " can produce the same key; allowed: two that differ before or after their placeholders");
    };
    const Name stock_name{"keys.stock", settings_.keys.stock};
    const Name order_name{"keys.order", settings_.keys.order};
    const Name reply_name{"keys.reply", settings_.keys.reply};
    if (stock && order) differ(stock_name, settings_.stock_keys(), order_name, settings_.order_keys());
    if (stock && reply) differ(stock_name, settings_.stock_keys(), reply_name, settings_.reply_keys());
    if (order && reply) differ(order_name, settings_.order_keys(), reply_name, settings_.reply_keys());
    if (stock) check_template(stock_name, settings_.stock_keys());
    if (order) check_template(order_name, settings_.order_keys());
    if (reply) check_template(reply_name, settings_.reply_keys());
  }

  // One report is enough: the user changes the template anyway.
  void check_template(const Name& name, const order::KeyTemplate& keys) {
    const std::string clash = std::string(name.setting) + " " + in_quotes(name.value) + " can produce ";
    for (const Name& stream : streams()) {
      if (!keys.may_collide(stream.value)) continue;
      const std::string what = std::string(stream.setting) + " " + in_quotes(stream.value);
      return report({name.setting, stream.setting, "streams.orders"}, clash + "the key of " + what);
    }
    for (const Own& own : own_keys()) {
      if (keys.may_collide(own.value)) return report({name.setting, "streams.orders"}, clash + describe(own));
    }
  }

  // A result that is gone before its request looks like a request without a result.
  void check_retention() {
    const Milliseconds orders = settings_.retention.orders;
    const Milliseconds results = settings_.retention.results;
    const bool forever = results == Milliseconds::zero();
    if (!good({"retention.orders", "retention.results"}) || forever) return;
    if (orders == Milliseconds::zero()) {
      report({"retention.results", "retention.orders"},
             "results are trimmed, but requests are kept forever (retention.orders is 0s); allowed: 0s, or another "
             "retention.orders");
    } else if (results < orders) {
      report({"retention.results", "retention.orders"},
             "retention.results is shorter than retention.orders; allowed: 0s, or at least as long");
    }
  }

  void check_credentials() {
    if (!good({"valkey.url"})) return;
    const auto endpoint = valkey::parse_url(settings_.valkey.url);
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
    const auto endpoint = valkey::parse_url(settings_.valkey.url);
    if (endpoint && endpoint->kind != valkey::Endpoint::Kind::kTcp) {
      report({"valkey.url"}, in_quotes(valkey::masked(settings_.valkey.url)) +
                                 ": sentinels name servers by host and port; allowed with them: valkey://");
    }
  }

  // Only the one in force is read: a daemon without privileges cannot read the file that its settings name for
  // orderctl, and has a variable that points at a copy.
  void check_tls() {
    if (!good({"valkey.url", "valkey.tls_ca_file", "valkey.tls_cert_file", "valkey.tls_key_file",
               "valkey.tls_server_name"})) {
      return;
    }
    const auto endpoint = valkey::parse_url(settings_.valkey.url);
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
    if (files == valkey::TlsFiles{}) return;  // the system's: 95 ms, and nothing to be said of them here
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
  const Origins& origins_;
  std::vector<std::string>& mistakes_;
};

}  // namespace

void cross_check(const Settings& settings, const Origins& origins, std::vector<std::string>& mistakes) {
  Checker(settings, origins, mistakes).run();
}

}  // namespace orderd::settings
