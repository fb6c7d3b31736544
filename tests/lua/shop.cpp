// The scripts run as their own user, "daemon", whose rights a test can remove; everything else runs as the default
// user.
#include "shop.h"

#include <cstdio>

namespace orderd::test {
namespace {

valkey::SyncClient daemon_client(const ValkeyServer& server, valkey::SyncClient& admin) {
  (void)ask(admin, {"ACL", "SETUSER", "daemon", "reset", "on", "nopass", "~*", "&*", "+@all"});
  valkey::Endpoint endpoint = server.endpoint();
  endpoint.username = "daemon";
  auto client = valkey::SyncClient::connect(endpoint, {});
  REQUIRE_MESSAGE(client.ok(), client.error());
  return std::move(*client);
}

std::string json_head(const Line& line) {
  return R"({"sku":")" + line.sku + R"(","quantity":)" + line.quantity + ",";
}

}  // namespace

ValkeyServer& shared_server() {
  static ValkeyServer server;
  return server;
}

Refusal denied(const std::vector<std::string>& rules, const std::string& error) {
  Refusal refusal{{"ACL", "SETUSER", "daemon"}, error};
  refusal.done.insert(refusal.done.end(), rules.begin(), rules.end());
  return refusal;
}

Refusal without(const std::string& command, const std::string& key) {
  return denied({"-" + command}, "-NOPERM key " + key + ": ");
}

Refusal wrong_type(const std::string& key) {
  return {{"SET", key, "x"}, "-WRONGTYPE key " + key + ": Operation against a key holding the wrong kind of value"};
}

Refusal exhausted(const std::string& key) {
  return {{"XADD", key, "18446744073709551615-18446744073709551615", "x", "y"},
          "-ERR key " + key + ": The stream has exhausted the last possible ID"};
}

Shop::Shop() : Shop(shared_server(), "") {
}

Shop::Shop(const ValkeyServer& server, std::string key_prefix)
    : prefix(std::move(key_prefix)), admin_(server.client()), daemon_(daemon_client(server, admin_)) {
  accept_writes();
  (void)ask(admin_, {"CONFIG", "SET", "stream-node-max-entries", "100", "stream-node-max-bytes", "4096"});
  (void)ask(admin_, {"FLUSHALL"});
  for (const auto script :
       {lua::settle, lua::join, lua::lease, lua::sign, lua::trim, lua::stock, lua::pause, lua::letter}) {
    auto hash = daemon_.load(script);
    REQUIRE_MESSAGE(hash.ok(), hash.error());
    hashes_[script] = *hash;
  }
  CHECK(join() == "0-0 0 0 created _ 0 0");
}

void Shop::acl(const std::vector<std::string>& rules) {
  std::vector<std::string> words = {"ACL", "SETUSER", "daemon"};
  words.insert(words.end(), rules.begin(), rules.end());
  (void)ask(admin_, words);
}

void Shop::allow_everything() {
  acl({"clearselectors", "~*", "+@all"});
}

void Shop::accept_writes() {
  (void)send(admin_, command_of({"REPLICAOF", "NO", "ONE"}));  // an error in a cluster, where no test needs it
  (void)ask(admin_, {"CONFIG", "SET", "maxmemory", "0", "min-replicas-to-write", "0"});
}

void Shop::refuses(const std::vector<Refusal>& refusals, const std::function<std::string()>& script) {
  for (const auto& [done, error] : refusals) {
    CAPTURE(done[0] + " " + done[1] + " " + done.back());
    const std::string& key = done[1];
    const bool damages = done[0] == "SET" || done[0] == "XADD";
    const std::string whole = damages ? at_server({"DUMP", key}) : "";
    (void)at_server(done);
    const std::string before = snapshot();
    const std::string answer = script();
    CHECK_MESSAGE(answer.starts_with(error), answer, " and not ", error);
    CHECK(snapshot() == before);
    allow_everything();
    accept_writes();
    if (damages) (void)at_server({"DEL", key});
    if (!whole.empty()) (void)at_server({"RESTORE", key, "0", whole});
  }
}

std::string Shop::push(const Request& request, const std::string& id) {
  const std::string entry = id.empty() ? std::to_string(++pushed_) + "-0" : id;
  std::vector<std::string> words = {"XADD", orders, entry};
  if (const auto* order = std::get_if<Order>(&request)) {
    words.insert(words.end(), {"id", order->id, "sku", order->lines.at(0).sku});
  } else {
    const auto& raw = std::get<Malformed>(request).raw;
    words.insert(words.end(), raw.begin(), raw.end());
    if (raw.empty()) words.insert(words.end(), {"", ""});
  }
  requests_[entry] = request;
  return ask(admin_, words);
}

void Shop::push_many(int count) {
  for (int i = 0; i < count; ++i) (void)push(Order{.id = "o-" + std::to_string(pushed_ + 1)});
}

Call Shop::call(const std::vector<Request>& requests) {
  Call made{position_field("id"), window, {}};
  for (const Request& request : requests) made.requests.emplace_back(push(request), request);
  return made;
}

Call Shop::rest() {
  Call made{position_field("id"), window, {}};
  for (const Entry& entry : entries(admin_, orders, "(" + made.previous)) {
    made.requests.emplace_back(entry.id, requests_.at(entry.id));
  }
  return made;
}

std::vector<std::string> Shop::keys_of(const Call& call) const {
  std::vector<std::string> keys = {position, results_stream, dead};
  std::vector<std::string> stock;
  std::map<std::string, bool> seen;
  for (const auto& [id, request] : call.requests) {
    const auto* order = std::get_if<Order>(&request);
    if (order == nullptr) continue;
    keys.push_back(record_key(order->id));
    if (!order->elsewhere.empty()) continue;
    for (const Line& line : order->lines) {
      if (seen.emplace(line.sku, true).second) stock.push_back(stock_key(line.sku));
    }
  }
  keys.insert(keys.end(), stock.begin(), stock.end());
  for (const auto& [id, request] : call.requests) {
    if (const std::string to = reply_to_of(request); !to.empty()) keys.push_back(reply_key(to));
  }
  return keys;
}

std::vector<std::string> Shop::arguments_of(const Call& call) const {
  std::vector<std::string> words = {call.previous, call.window, std::to_string(call.requests.size()), "", ""};
  std::vector<std::string> asked;
  std::map<std::string, std::size_t> places;
  std::size_t records = 0;
  for (std::size_t n = 0; n < call.requests.size(); ++n) {
    const auto& [id, request] = call.requests[n];
    if (!reply_to_of(request).empty()) asked.push_back(std::to_string(n + 1));
    if (const auto* order = std::get_if<Order>(&request)) {
      ++records;
      const std::string kind = order->elsewhere.empty() ? std::to_string(order->lines.size()) : "w";
      words.insert(words.end(), {kind, id, order->id, digest_of(*order), order->customer});
      if (!order->elsewhere.empty()) {
        words.push_back(order->elsewhere);
        continue;
      }
      for (const Line& line : order->lines) {
        const std::size_t place = places.emplace(line.sku, places.size() + 1).first->second;
        words.insert(words.end(), {std::to_string(place), line.quantity, json_head(line)});
      }
    } else {
      const auto& malformed = std::get<Malformed>(request);
      words.insert(words.end(),
                   {"0", id, malformed.id, malformed.customer, malformed.detail, std::to_string(malformed.raw.size())});
      words.insert(words.end(), malformed.raw.begin(), malformed.raw.end());
    }
  }
  words[3] = std::to_string(records);
  words[4] = std::to_string(asked.size());
  if (!asked.empty()) words.push_back(reply_ttl);
  words.insert(words.end(), asked.begin(), asked.end());
  return words;
}

std::string Shop::run(const Call& call) {
  return run(lua::settle, keys_of(call), arguments_of(call));
}

std::vector<std::string> Shop::run_chain(const std::vector<Call>& calls) {
  for (const Call& call : calls) daemon_.append(command(lua::settle, keys_of(call), arguments_of(call)));
  std::vector<std::string> answers;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    auto reply = daemon_.read();
    REQUIRE_MESSAGE(reply.ok(), reply.error());
    answers.push_back(text_of(reply->view()));
  }
  return answers;
}

std::string Shop::lease(const std::string& name, const std::string& token, const std::string& state,
                        const std::string& ms, const std::string& extra) {
  return run(lua::lease, {owner, standby, position}, {name, token, ms, state, extra});
}

std::string Shop::trim(const std::string& kind, int64_t retention_ms, int limit, const std::string& group) {
  return run(lua::trim,
             {kind == "orders" ? orders
              : kind == "dead" ? dead
                               : results_stream,
              position},
             {kind, std::to_string(retention_ms), std::to_string(limit), group});
}

std::string Shop::change_stock(const std::string& change, const std::string& sku, const std::string& amount,
                               const std::string& reason) {
  return run(lua::stock, {results_stream, stock_key(sku)}, {change, amount, R"({"sku":")" + sku + R"(",)", reason});
}

valkey::Command Shop::command(std::string_view script, const std::vector<std::string>& keys,
                              const std::vector<std::string>& arguments) const {
  std::vector<std::string> words = {"EVALSHA", hashes_.at(script), std::to_string(keys.size())};
  words.insert(words.end(), keys.begin(), keys.end());
  words.insert(words.end(), arguments.begin(), arguments.end());
  return command_of(words);
}

std::string Shop::run(std::string_view script, const std::vector<std::string>& keys,
                      const std::vector<std::string>& arguments) {
  return text_of(test::send(daemon_, command(script, keys, arguments)).view());
}

std::string Shop::last_result() {
  const auto reply = send(admin_, command_of({"XREVRANGE", results_stream, "+", "-", "COUNT", "1"}));
  const auto found = entries_of(reply.view());
  return found.empty() ? "none" : text_of(found.front());
}

std::string reply_to_of(const Request& request) {
  return std::visit([](const auto& either) { return either.reply_to; }, request);
}

std::string digest_of(const Order& order) {
  std::string content = order.customer;
  for (const Line& line : order.lines) content += "|" + line.sku + "|" + line.quantity;
  char digits[17];
  (void)std::snprintf(digits, sizeof digits, "%016zx", std::hash<std::string>()(content));
  return digits;
}

std::string text_of(const Entry& entry) {
  std::string text;
  for (const auto& [name, value] : entry.fields) text += (text.empty() ? "" : " ") + name + "=" + value;
  return text;
}

std::string text_of(valkey::Reply reply) {
  if (reply.is_error()) return "-" + std::string(reply.text());
  if (reply.is_integer()) return std::to_string(reply.integer());
  if (!reply.is_array()) return std::string(reply.text());
  std::string text;
  for (std::size_t i = 0; i < reply.size(); ++i) {
    const std::string element = text_of(reply.at(i));
    text += (i == 0 ? "" : " ") + (element.empty() ? "_" : element);
  }
  return text;
}

}  // namespace orderd::test
