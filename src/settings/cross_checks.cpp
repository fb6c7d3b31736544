// Names of keys that may meet, and a user or a password given twice. Producers choose order ids and SKUs: whatever they
// choose, a key of one kind may never be a key of another kind.
#include "settings/cross_checks.h"

#include <array>
#include <cstddef>
#include <initializer_list>
#include <string_view>
#include <utility>

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
    check_keys();
    check_login();
  }

 private:
  using Named = std::pair<std::string_view, const std::string*>;  // key, value

  [[nodiscard]] bool good(std::initializer_list<std::string_view> keys) const {
    for (const std::string_view key : keys) {
      if (origins_.failed.contains(key)) return false;
    }
    return true;
  }

  // Told where the first of `keys` that was given stands.
  void say(std::initializer_list<std::string_view> keys, const std::string& what) {
    for (const std::string_view key : keys) {
      const auto found = origins_.where.find(key);
      if (found == origins_.where.end()) continue;
      mistakes_.push_back(found->second + ": " + what);
      return;
    }
    mistakes_.push_back(std::string(*keys.begin()) + ": " + what);
  }

  [[nodiscard]] std::array<Named, 3> streams() const {
    return {{{"streams.orders", &settings_.streams.orders},
             {"streams.results", &settings_.streams.results},
             {"streams.dead", &settings_.streams.dead}}};
  }

  // A key that orderd keeps for the group, and what it is.
  struct Own {
    std::string key;
    std::string what;
  };
  [[nodiscard]] std::array<Own, 3> own_keys() const {
    const std::string beside = settings_.streams.orders + ":" + settings_.streams.group;
    const auto named = [&](const std::string& name, const char* what) {
      return Own{beside + name, std::string("the group's ").append(what) + " " + in_quotes(beside + name) +
                                    " (streams.orders:streams.group" + name + ")"};
    };
    return {named(":position", "position"), named(":answered", "marks"), named(":answered:before", "marks")};
  }

  void check_streams() {
    const auto all = streams();
    for (std::size_t i = 0; i < all.size(); ++i) {
      for (std::size_t j = i + 1; j < all.size(); ++j) {
        if (!good({all[i].first, all[j].first}) || *all[i].second != *all[j].second) continue;
        say({all[j].first, all[i].first}, std::string(all[i].first).append(" and ").append(all[j].first) +
                                              " are both " + in_quotes(*all[i].second) +
                                              "; allowed: three different names");
      }
      if (i == 0 || !good({all[0].first, all[i].first, "streams.group"})) continue;
      for (const Own& own : own_keys()) {
        if (*all[i].second != own.key) continue;
        say({all[i].first, "streams.orders", "streams.group"},
            std::string(all[i].first) + " is the key of " + own.what + "; allowed: another name");
      }
    }
  }

  void check_keys() {
    const bool stock = good({"keys.stock"});
    const bool order = good({"keys.order"});
    if (stock && order && settings_.stock_keys().may_collide(settings_.order_keys())) {
      say({"keys.order", "keys.stock"},
          "keys.stock " + in_quotes(settings_.keys.stock) + " and keys.order " + in_quotes(settings_.keys.order) +
              " may name the same key; allowed: two that differ before or behind <sku> and <id>");
    }
    if (stock) check_template({"keys.stock", &settings_.keys.stock}, settings_.stock_keys());
    if (order) check_template({"keys.order", &settings_.keys.order}, settings_.order_keys());
  }

  void check_template(const Named& named, const order::KeyTemplate& keys) {
    for (const auto& [key, name] : streams()) {
      if (!good({key}) || !keys.may_collide(*name)) continue;
      say({named.first, key}, clash(named) + std::string(key) + " " + in_quotes(*name));
    }
    if (!good({"streams.orders", "streams.group"})) return;
    for (const Own& own : own_keys()) {
      if (!keys.may_collide(own.key)) continue;
      return say({named.first, "streams.orders", "streams.group"}, clash(named) + own.what);
    }
  }

  static std::string clash(const Named& named) {
    return std::string(named.first) + " " + in_quotes(*named.second) + " may name the key of ";
  }

  void check_login() {
    if (!good({"valkey.url"})) return;
    const auto endpoint = valkey::parse_url(settings_.valkey.url);
    if (!endpoint) return;
    const auto check = [&](std::string_view key, const std::string& value, bool in_url, const char* what) {
      if (value.empty() || !good({key})) return;
      if (endpoint->kind == valkey::Endpoint::Kind::kEmbedded) {
        say({key}, in_quotes(value) + ": the server of embedded:DIR has no users and no passwords; leave it out");
      } else if (in_url) {
        say({key}, in_quotes(value) + ": valkey.url holds a " + what + " too; allowed: one of them");
      }
    };
    check("valkey.username", settings_.valkey.username, !endpoint->username.empty(), "user");
    check("valkey.password_file", settings_.valkey.password_file, !endpoint->password.empty(), "password");
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
