// The language of the script tests: a shop with stock, an orders stream with one group, and the scripts as verbs.
#pragma once

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lua/scripts.h"
#include "support/valkey_helpers.h"
#include "support/valkey_server.h"

namespace orderd::test {

struct Line {
  std::string sku;
  std::string quantity;
};

struct Order {
  std::string id = "o-1";
  std::vector<Line> lines = {{"shoe", "3"}};
  std::string customer = "";
  std::string window = "86400000";
  std::string gate = "1";
};

// A malformed request.
struct Refusal {
  std::string id = "";
  std::string reason = "malformed";
  std::string detail = "`id` is missing";
  std::string customer = "";
  std::string gate = "1";
  std::vector<std::string> raw = {"sku", "shoe"};
};

class Shop {
 public:
  const std::string prefix;
  const std::string orders = prefix + "orders";
  const std::string results_stream = prefix + "results";
  const std::string dead = prefix + "orders:dead";
  const std::string group = "g";
  const std::string position_key = orders + ":" + group + ":position";
  const std::string answered_key = orders + ":" + group + ":answered";

  // Empties the server (one for the whole executable) and puts back its settings; the group "g" starts at the first
  // entry.
  Shop();
  // The same on another server, with a prefix for all keys.
  Shop(const ValkeyServer& server, std::string key_prefix);

  // What a person at the server sees and does.
  valkey::SyncClient& admin() { return admin_; }
  void stock(const std::string& sku, const std::string& value) { set(admin_, stock_key(sku), value); }
  std::string stock(const std::string& sku) { return get(admin_, stock_key(sku)).value_or("none"); }
  // Takes the right to a command away from the user who runs the scripts.
  void forbid(const std::string& command);
  void allow_everything();

  // Requests have the ids 1-0, 2-0, …
  std::string push();
  // Pushes a request and reads it for a consumer of the group.
  std::string deliver(const std::string& consumer = "c");
  // Reads what is new; answers how many there were.
  std::size_t read(const std::string& consumer = "c", int count = 1000);
  void acknowledge(const std::string& request) { (void)ask(admin_, {"XACK", orders, group, request}); }
  void destroy_group() { (void)ask(admin_, {"XGROUP", "DESTROY", orders, group}); }
  void create_group(const std::string& start = "0");
  void set_group(const std::string& to) { (void)ask(admin_, {"XGROUP", "SETID", orders, group, to}); }
  // What stands in the sorted set of marks, and in the one put aside.
  std::size_t marks() { return marks_in(answered_key) + marks_in(answered_key + ":before"); }

  // The scripts. An answer is text: an error begins with '-', the elements of an array stand between spaces.
  std::string settle(const std::string& request, const Order& order = {});
  std::string refuse(const std::string& request, const Refusal& refusal = {});
  std::string claim(const std::string& consumer, int idle_ms, const std::string& from = "0-0", int count = 100);
  std::string position();
  std::string restore(const std::string& start, const std::string& newest,
                      const std::vector<std::string>& unsettled = {});
  std::string trim(const std::string& stream, int64_t retention_ms, int limit = 10000,
                   const std::string& required = "");
  std::string change_stock(const std::string& change, const std::string& sku, const std::string& amount,
                           const std::string& reason = "a test");
  std::string run(std::string_view script, const std::vector<std::string>& keys,
                  const std::vector<std::string>& arguments);

  // The newest result, or the entry of a request's only result: "order=o-1 request=1-0 status=accepted …".
  std::string last_result();
  std::vector<Entry> results() { return entries(admin_, results_stream); }
  std::size_t pending() { return pending_count(admin_, orders, group); }
  std::string record(const std::string& id) { return get(admin_, record_key(id)).value_or("none"); }

  // Everything that the server holds but the times: keys, values, groups, pending entries and their consumers.
  // A stream without entries and groups counts as none, because taking back the first entry of a stream leaves that.
  std::string snapshot();

  [[nodiscard]] std::string stock_key(const std::string& sku) const { return prefix + "product:" + sku + ":stock"; }
  [[nodiscard]] std::string record_key(const std::string& id) const { return prefix + "order:" + id; }

  // The keys and arguments of lua/settle.lua, for tests that change them.
  std::vector<std::string> settle_keys(const Order& order) const;
  std::vector<std::string> settle_arguments(const std::string& request, const Order& order) const;

 private:
  std::size_t marks_in(const std::string& key) { return static_cast<std::size_t>(ask_number(admin_, {"ZCARD", key})); }

  valkey::SyncClient admin_;
  valkey::SyncClient daemon_;
  std::map<std::string_view, std::string> hashes_;  // of the loaded scripts
  int pushed_ = 0;
};

// "name=value name=value …"
std::string text_of(const Entry& entry);
// A reply as text; see above.
std::string text_of(valkey::Reply reply);
// The server that the cases share.
ValkeyServer& shared_server();

}  // namespace orderd::test
