// The vocabulary of the script tests: a shop with stock, an orders stream, and the scripts as functions.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lua/scripts.h"
#include "support/valkey_helpers.h"
#include "support/valkey_server.h"

namespace orderd::test {

using Words = std::vector<std::string>;

inline const std::string kMaxWhole = "9007199254740991";  // 2^53-1
inline const std::string kMaxId = "18446744073709551615-18446744073709551615";

struct Line {
  std::string sku;
  std::string quantity;
};

struct Order {
  std::string id = "o-1";
  std::vector<Line> lines = {{"shoe", "3"}};
  std::string customer = "";
  std::string reply_to = "";
  std::string elsewhere = "";  // why it belongs to another lane; empty if it does not
};

struct Malformed {
  std::string id = "";
  std::string detail = "`id` is missing";
  std::string customer = "";
  Words raw = {"sku", "shoe"};
  std::string reply_to = "";
};

using Request = std::variant<Order, Malformed>;

// One call of lua/settle.lua.
struct Call {
  std::string previous;
  std::string window;
  std::vector<std::pair<std::string, Request>> requests;  // by entry ID
  [[nodiscard]] const std::string& last() const { return requests.back().first; }
};

// What an administrator does to the server, and how the error of a script then begins.
struct Refusal {
  Words done;
  std::string error;
};
// The usual ones. The daemon's user lacks a right; the key is of another type, or has used up its IDs; the server as a
// whole accepts no writes.
[[nodiscard]] Refusal denied(const Words& rules, const std::string& error);
[[nodiscard]] Refusal without(const std::string& command, const std::string& key);
[[nodiscard]] Refusal wrong_type(const std::string& key);
[[nodiscard]] Refusal exhausted(const std::string& key);
inline const Refusal kOutOfMemory = {{"CONFIG", "SET", "maxmemory", "1"}, "-OOM "};
inline const Refusal kReplica = {{"REPLICAOF", "127.0.0.1", "1"}, "-READONLY "};

// The server shared by all cases.
ValkeyServer& shared_server();

class Shop {
 public:
  const std::string prefix;
  const std::string orders = prefix + "orders";
  const std::string position = orders + ":position";
  const std::string results_stream = prefix + "results";
  const std::string dead = orders + ":dead";
  const std::string owner = orders + ":owner";
  const std::string standby = orders + ":standby";
  std::string window = "86400000";
  std::string reply_ttl = "60000";

  // Empties the server, resets its settings, and joins for the first time. The prefix is of all keys.
  explicit Shop(const ValkeyServer& server = shared_server(), std::string key_prefix = "");

  // What an administrator sees and does at the server.
  valkey::SyncClient& admin() { return admin_; }
  std::string at_server(const Words& words) { return ask(admin_, words); }
  void stock(const std::string& sku, const std::string& value) { set(admin_, stock_key(sku), value); }
  std::string stock(const std::string& sku) { return get(admin_, stock_key(sku)).value_or("none"); }
  std::string record(const std::string& id) { return get(admin_, record_key(id)).value_or("none"); }
  std::string position_field(const std::string& name) { return at_server({"HGET", position, name}); }
  // Moves the position by hand.
  void move_to(const std::string& id) { (void)at_server({"HSET", position, "id", id}); }
  // Does the commands of one row in each run of the test case, in a subcase with the row's name.
  void suffers_one_of(const std::vector<std::pair<std::string, std::vector<Words>>>& rows);
  // Rules for the user who runs the scripts, such as "-xadd"; allow_everything() undoes them.
  void acl(const Words& rules) { (void)at_server(denied(rules, "").done); }
  void allow_everything() { acl({"clearselectors", "~*", "+@all"}); }
  // Does each of these, checks that the script is refused and has changed nothing, and undoes it.
  void refuses(const std::vector<Refusal>& refusals, const std::function<std::string()>& script);
  // Runs the script and checks that it changes nothing; returns its answer.
  std::string unchanged(const std::function<std::string()>& script);

  // Requests get the IDs 1-0, 2-0, … unless one is given. The entry contains the order's ID.
  std::string push(const Request& request = Order{}, const std::string& id = "");
  void push_many(int count);
  // The next request gets the ID n-0.
  void next_id(int n) { pushed_ = n - 1; }
  // Pushes the requests, and returns the call that settles them after the position.
  Call call(const std::vector<Request>& requests);
  // The call that settles everything in the stream after the position.
  Call rest();

  // The scripts. A reply is text: an error begins with '-', the elements of an array are separated by spaces, and an
  // empty one is '_'.
  std::string run(const Call& call) { return run(lua::settle, keys_of(call), arguments_of(call)); }
  // call() and run().
  std::string settle(const std::vector<Request>& requests) { return run(call(requests)); }
  // All in one pipeline.
  Words run_chain(const std::vector<Call>& calls);
  std::string sign(const std::string& group) { return run(lua::sign, {orders, position}, {group}); }
  std::string join() { return run(lua::join, {position, orders, results_stream}, {}); }
  std::string lease(const std::string& name, const std::string& token, const std::string& state,
                    const std::string& ms = "60000", const std::string& extra = "");
  std::string trim(const std::string& kind, int64_t retention_ms, int limit = 5000, const std::string& group = "",
                   const std::string& known = "");
  std::string change_stock(const std::string& change, const std::string& sku, const std::string& amount,
                           const std::string& reason = "a test");
  std::string run(std::string_view script, const Words& keys, const Words& arguments);

  std::vector<Entry> results() { return entries(admin_, results_stream); }
  // A field of each result after the first `from`, with a space after each.
  std::string of_results(const std::string& field, std::size_t from = 0);
  // The newest result: "order=o-1 request=1-0 status=accepted …".
  std::string last_result();
  // Its lines, as JSON.
  std::string last_lines() { return results().back().field("lines"); }

  // Everything in the server except times: keys, values, groups.
  // A stream without entries and groups counts as none, because undoing the first entry of a stream leaves that.
  std::string snapshot();

  [[nodiscard]] std::string stock_key(const std::string& sku) const { return prefix + "product:" + sku + ":stock"; }
  [[nodiscard]] std::string record_key(const std::string& id) const { return orders + ":order:" + id; }
  [[nodiscard]] std::string reply_key(const std::string& to) const { return orders + ":reply:" + to; }

  // The keys and arguments of lua/settle.lua, for tests that change them.
  [[nodiscard]] Words keys_of(const Call& call) const;
  [[nodiscard]] Words arguments_of(const Call& call) const;

 private:
  void accept_writes();
  valkey::Command command(std::string_view script, const Words& keys, const Words& arguments) const;

  valkey::SyncClient admin_;
  valkey::SyncClient daemon_;
  std::map<std::string_view, std::string> hashes_;  // of the loaded scripts
  std::map<std::string, Request> requests_;         // as pushed, by entry ID
  int pushed_ = 0;
};

// A shop with a hundred shoes.
class FullShop : public Shop {
 public:
  FullShop() { stock("shoe", "100"); }
};

// Equal to each text that begins like this: a failed CHECK prints the text.
struct Begins {
  std::string beginning;
};
inline bool operator==(const std::string& text, const Begins& expected) {
  return text.starts_with(expected.beginning);
}
inline doctest::String toString(const Begins& expected) {
  return (expected.beginning + "…").c_str();
}

// The reply list of this name; empty: none.
[[nodiscard]] std::string reply_to_of(const Request& request);
// A stand-in for the daemon's digest of an order's content.
[[nodiscard]] std::string digest_of(const Order& order);
// "name=value name=value …"
std::string text_of(const Entry& entry);
// A reply as text; see above.
std::string text_of(valkey::Reply reply);

}  // namespace orderd::test
