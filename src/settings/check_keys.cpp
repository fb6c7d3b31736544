// Key names that may collide. Producers choose order IDs and SKUs: whatever they choose, no key may ever equal another.
#include <cstddef>
#include <utility>

#include "settings/cross_checks_parts.h"
#include "settings/text.h"
#include "valkey/slot.h"

namespace orderd::settings {
namespace {

class KeyChecks {
 public:
  KeyChecks(const Settings& settings, const Findings& findings)
      : settings_(settings),
        lane_(findings.good({"streams.lanes"}) ? settings.for_lane(0) : settings),
        findings_(findings) {}

  void run() {
    check_streams();
    check_templates();
    check_placeholders();
    check_slots();
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

  [[nodiscard]] bool good(std::initializer_list<std::string_view> keys) const { return findings_.good(keys); }
  void report(std::initializer_list<std::string_view> keys, const std::string& what) { findings_.report(keys, what); }

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

  const Settings& settings_;
  const Settings lane_;  // for the first lane: all have names of the same shape
  const Findings& findings_;
};

}  // namespace

void check_keys(const Settings& settings, const Findings& findings) {
  KeyChecks(settings, findings).run();
}

}  // namespace orderd::settings
