// Key names that may collide, retention times, and credentials given twice. Producers choose order IDs and SKUs:
// whatever they choose, no key may ever equal another.
#include "settings/cross_checks.h"

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "settings/password_file.h"
#include "settings/text.h"
#include "valkey/endpoint.h"
#include "valkey/slot.h"

namespace orderd::settings {
namespace {

class Checker {
 public:
  Checker(const Settings& settings, const Origins& origins, std::vector<std::string>& mistakes)
      : settings_(settings),
        lane_(origins.failed.contains("streams.lanes") ? settings : settings.for_lane(0)),
        origins_(origins),
        mistakes_(mistakes) {}

  void run() {
    check_streams();
    check_templates();
    check_placeholders();
    check_slots();
    check_retention();
    check_credentials();
    check_sentinels();
    check_cluster();
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
  // One of orderd's own keys for the orders stream.
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

  // The streams whose names are known. A relative one (`<orders>:dead`) needs the name of the orders stream.
  [[nodiscard]] std::vector<Name> streams() const {
    std::vector<Name> names;
    if (good({"streams.orders"})) names.push_back({"streams.orders", lane_.streams.orders});
    if (good({"streams.results"})) names.push_back({"streams.results", lane_.streams.results});
    const bool absolute = !relative(lane_.streams.dead);
    if (good({"streams.dead"}) && (absolute || good({"streams.orders"}))) {
      names.push_back({"streams.dead", lane_.dead()});
    }
    return names;
  }

  [[nodiscard]] std::vector<Own> own_keys() const {
    if (!good({"streams.orders"})) return {};
    const std::string& orders = lane_.streams.orders;
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
    const bool stock = known("keys.stock", lane_.keys.stock);
    const bool order = known("keys.order", lane_.keys.order);
    const bool reply = known("keys.reply", lane_.keys.reply);
    const auto differ = [&](const Name& one, const order::KeyTemplate& keys, const Name& other,
                            const order::KeyTemplate& other_keys) {
      if (!keys.may_collide(other_keys)) return;
      report({other.setting, one.setting, "streams.orders"},
             std::string(one.setting) + " " + in_quotes(one.value) + " and " + std::string(other.setting) + " " +
                 in_quotes(other.value) +
                 " can produce the same key; allowed: two that differ before or after their placeholders");
    };
    const Name stock_name{"keys.stock", lane_.keys.stock};
    const Name order_name{"keys.order", lane_.keys.order};
    const Name reply_name{"keys.reply", lane_.keys.reply};
    if (stock && order) differ(stock_name, lane_.stock_keys(), order_name, lane_.order_keys());
    if (stock && reply) differ(stock_name, lane_.stock_keys(), reply_name, lane_.reply_keys());
    if (order && reply) differ(order_name, lane_.order_keys(), reply_name, lane_.reply_keys());
    if (stock) check_template(stock_name, lane_.stock_keys());
    if (order) check_template(order_name, lane_.order_keys());
    if (reply) check_template(reply_name, lane_.reply_keys());
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

  [[nodiscard]] std::vector<std::pair<std::string_view, const std::string*>> names() const {
    return {{"streams.orders", &settings_.streams.orders}, {"streams.results", &settings_.streams.results},
            {"streams.dead", &settings_.streams.dead},     {"keys.stock", &settings_.keys.stock},
            {"keys.order", &settings_.keys.order},         {"keys.reply", &settings_.keys.reply}};
  }

  void check_placeholders() {
    if (!good({"streams.lanes"}) || !settings_.streams.lanes.empty()) return;
    for (const auto& [setting, text] : names()) {
      if (text->find(order::kLanePlaceholder) == std::string::npos) continue;
      report({setting},
             in_quotes(*text) + " contains <lane>, and streams.lanes is empty; name the lanes, or remove it");
    }
  }

  // All keys of a lane must be in one slot, whatever producers choose: the same hash tag in each, before the
  // placeholder of the SKU or the ID. Also checked without a cluster if there are lanes, so that they can move to one
  // later.
  void check_slots() {
    const bool lanes = !settings_.streams.lanes.empty();
    if (!lanes && !settings_.valkey.cluster) return;
    if (!good({"streams.lanes", "streams.orders", "streams.results", "streams.dead", "keys.stock", "keys.order",
               "keys.reply"})) {
      return;
    }
    const char* tag = lanes ? "{<lane>}" : "{shop}";
    const std::string fix = std::string("; begin each name with the same ") + tag + ": streams.orders = \"" + tag +
                            ":orders\", streams.results = \"" + tag + ":results\", keys.stock = \"" + tag +
                            ":product:<sku>:stock\"";
    const std::string orders = lane_.streams.orders;
    const std::string wanted(valkey::hash_tag(orders));
    const std::string where = in_quotes(orders) + " is in slot " + std::to_string(valkey::slot_of(orders));
    const std::vector<std::pair<std::string_view, std::string>> heads = {{"streams.orders", orders},
                                                                         {"streams.results", lane_.streams.results},
                                                                         {"streams.dead", lane_.dead()},
                                                                         {"keys.stock", lane_.stock_keys().before()},
                                                                         {"keys.order", lane_.order_keys().before()},
                                                                         {"keys.reply", lane_.reply_keys().before()}};
    for (const auto& [setting, head] : heads) {
      const bool keys = setting.starts_with("keys.");
      const bool tagged = valkey::hash_tag(head).size() < head.size();
      if (keys && !tagged) {
        return report({setting, "streams.lanes", "valkey.cluster"}, "the keys of " + std::string(setting) +
                                                                        " are in many slots, and " + where +
                                                                        ": a lane needs all its keys in one" + fix);
      }
      if (valkey::hash_tag(head) == wanted) continue;
      return report({setting, "streams.lanes", "valkey.cluster"},
                    in_quotes(keys ? head + "…" : head) + " is in slot " + std::to_string(valkey::slot_of(head)) +
                        ", and " + where + ": a lane needs all its keys in one" + fix);
    }
    if (lanes && settings_.for_lane(0).streams.orders == settings_.streams.orders) {
      return report({"streams.lanes", "streams.orders"}, "no name contains <lane>: the lanes would be one" + fix);
    }
    if (lanes && settings_.streams.orders.find('{') != std::string::npos &&
        valkey::hash_tag(settings_.streams.orders).find(order::kLanePlaceholder) == std::string_view::npos) {
      report({"streams.orders", "streams.lanes"},
             in_quotes(settings_.streams.orders) + " puts all lanes into one slot" + fix);
    }
  }

  // If a result is removed before its request, the request looks like one without a result.
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
  const Settings lane_;  // for the first lane: all have names of the same shape
  const Origins& origins_;
  std::vector<std::string>& mistakes_;
};

}  // namespace

void cross_check(const Settings& settings, const Origins& origins, std::vector<std::string>& mistakes) {
  Checker(settings, origins, mistakes).run();
}

}  // namespace orderd::settings
