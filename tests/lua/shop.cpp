// The scripts run as their own user, "daemon", whose rights a test can remove; everything else runs as the default
// user.
#include "shop.h"

#include <algorithm>
#include <cstdio>
#include <set>

#include "support/text.h"

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

std::string json_head(const std::string& sku) {
  return R"({"sku":")" + sku + R"(",)";
}

// The fields of an HGETALL reply, sorted.
std::string hash_text(const valkey::Reply& reply) {
  std::set<std::string> fields;
  for (std::size_t i = 0; i + 1 < reply.size(); i += 2) {
    fields.insert(std::string(reply.at(i).text()) + "=" + std::string(reply.at(i + 1).text()));
  }
  std::string text;
  for (const std::string& field : fields) text += (text.empty() ? "" : " ") + field;
  return text;
}

}  // namespace

ValkeyServer& shared_server() {
  static ValkeyServer server;
  return server;
}

Refusal denied(const Words& rules, const std::string& error) {
  return {joined({"ACL", "SETUSER", "daemon"}, rules), error};
}

Refusal without(const std::string& command, const std::string& key) {
  return denied({"-" + command}, "-NOPERM key " + key + ": ");
}

Refusal wrong_type(const std::string& key) {
  return {{"SET", key, "x"}, "-WRONGTYPE key " + key + ": Operation against a key holding the wrong kind of value"};
}

Refusal exhausted(const std::string& key) {
  return {{"XADD", key, kMaxId, "x", "y"}, "-ERR key " + key + ": The stream has exhausted the last possible ID"};
}

Shop::Shop(const ValkeyServer& server, std::string key_prefix)
    : prefix(std::move(key_prefix)), admin_(server.client()), daemon_(daemon_client(server, admin_)) {
  accept_writes();
  (void)at_server({"CONFIG", "SET", "stream-node-max-entries", "100", "stream-node-max-bytes", "4096"});
  (void)at_server({"FLUSHALL"});
  for (const auto script :
       {lua::settle, lua::join, lua::lease, lua::sign, lua::trim, lua::stock, lua::pause, lua::letter}) {
    auto hash = daemon_.load(script);
    REQUIRE_MESSAGE(hash.ok(), hash.error());
    hashes_[script] = *hash;
  }
  CHECK(join() == "0-0 0 0 created _ 0 0");
}

void Shop::suffers_one_of(const std::vector<std::pair<std::string, std::vector<Words>>>& rows) {
  for (const auto& [name, commands] : rows) {
    SUBCASE(name.c_str()) {
      for (const Words& words : commands) (void)at_server(words);
    }
  }
}

void Shop::accept_writes() {
  (void)send(admin_, command_of({"REPLICAOF", "NO", "ONE"}));  // an error in a cluster, where no test needs it
  (void)at_server({"CONFIG", "SET", "maxmemory", "0", "min-replicas-to-write", "0"});
}

void Shop::refuses(const std::vector<Refusal>& refusals, const std::function<std::string()>& script) {
  for (const auto& [done, error] : refusals) {
    CAPTURE(done[0] + " " + done[1] + " " + done.back());
    const std::string& key = done[1];
    const bool damages = done[0] == "SET" || done[0] == "XADD";
    const std::string whole = damages ? at_server({"DUMP", key}) : "";
    (void)at_server(done);
    CHECK(unchanged(script) == Begins{error});
    allow_everything();
    accept_writes();
    if (damages) (void)at_server({"DEL", key});
    if (!whole.empty()) (void)at_server({"RESTORE", key, "0", whole});
  }
}

std::string Shop::unchanged(const std::function<std::string()>& script) {
  const std::string before = snapshot();
  const std::string answer = script();
  CHECK(snapshot() == before);
  return answer;
}

std::string Shop::push(const Request& request, const std::string& id) {
  const std::string entry = id.empty() ? std::to_string(++pushed_) + "-0" : id;
  Words fields;
  if (const auto* order = std::get_if<Order>(&request)) {
    fields = {"id", order->id, "sku", order->lines.at(0).sku};
  } else {
    fields = std::get<Malformed>(request).raw;
    if (fields.empty()) fields = {"", ""};
  }
  requests_[entry] = request;
  return at_server(joined({"XADD", orders, entry}, fields));
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

Words Shop::keys_of(const Call& call) const {
  Words records, stock, replies;
  std::set<std::string> seen;
  for (const auto& [id, request] : call.requests) {
    if (const std::string to = reply_to_of(request); !to.empty()) replies.push_back(reply_key(to));
    const auto* order = std::get_if<Order>(&request);
    if (order == nullptr) continue;
    records.push_back(record_key(order->id));
    if (!order->elsewhere.empty()) continue;
    for (const Line& line : order->lines) {
      if (seen.insert(line.sku).second) stock.push_back(stock_key(line.sku));
    }
  }
  return joined(joined({position, results_stream, dead}, records), joined(stock, replies));
}

Words Shop::arguments_of(const Call& call) const {
  Words words, asked;
  std::map<std::string, std::size_t> places;
  std::size_t records = 0;
  for (std::size_t n = 0; n < call.requests.size(); ++n) {
    const auto& [id, request] = call.requests[n];
    if (!reply_to_of(request).empty()) asked.push_back(std::to_string(n + 1));
    if (const auto* malformed = std::get_if<Malformed>(&request)) {
      const auto& [order, detail, customer, raw, to] = *malformed;
      words.insert(words.end(), {"0", id, order, customer, detail, std::to_string(raw.size())});
      words.insert(words.end(), raw.begin(), raw.end());
      continue;
    }
    const auto& order = std::get<Order>(request);
    const bool here = order.elsewhere.empty();
    ++records;
    const std::string kind = here ? std::to_string(order.lines.size()) : "w";
    words.insert(words.end(), {kind, id, order.id, digest_of(order), order.customer});
    if (!here) words.push_back(order.elsewhere);
    for (const Line& line : here ? order.lines : std::vector<Line>()) {
      const std::size_t place = places.emplace(line.sku, places.size() + 1).first->second;
      const std::string head = json_head(line.sku) + R"("quantity":)" + line.quantity + ",";
      words.insert(words.end(), {std::to_string(place), line.quantity, head});
    }
  }
  if (!asked.empty()) words.push_back(reply_ttl);
  return joined({call.previous, call.window, std::to_string(call.requests.size()), std::to_string(records),
                 std::to_string(asked.size())},
                joined(words, asked));
}

Words Shop::run_chain(const std::vector<Call>& calls) {
  for (const Call& call : calls) daemon_.append(command(lua::settle, keys_of(call), arguments_of(call)));
  Words answers;
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

std::string Shop::trim(const std::string& kind, int64_t retention_ms, int limit, const std::string& group,
                       const std::string& known) {
  const std::string& stream = kind == "orders" ? orders : kind == "dead" ? dead : results_stream;
  return run(lua::trim, {stream, position}, {kind, std::to_string(retention_ms), std::to_string(limit), group, known});
}

std::string Shop::change_stock(const std::string& change, const std::string& sku, const std::string& amount,
                               const std::string& reason) {
  return run(lua::stock, {results_stream, stock_key(sku)}, {change, amount, json_head(sku), reason});
}

valkey::Command Shop::command(std::string_view script, const Words& keys, const Words& arguments) const {
  const Words call = {"EVALSHA", hashes_.at(script), std::to_string(keys.size())};
  return command_of(joined(joined(call, keys), arguments));
}

std::string Shop::run(std::string_view script, const Words& keys, const Words& arguments) {
  return text_of(test::send(daemon_, command(script, keys, arguments)).view());
}

std::string Shop::of_results(const std::string& field, std::size_t from) {
  const auto all = results();
  std::string text;
  for (std::size_t i = from; i < all.size(); ++i) text += all[i].field(field) + " ";
  return text;
}

std::string Shop::last_result() {
  const auto found = results();
  return found.empty() ? "none" : text_of(found.back());
}

std::string Shop::snapshot() {
  const auto reply_to = [this](const Words& words) { return text_of(send(admin_, command_of(words)).view()); };
  const auto keys = send(admin_, command_of({"KEYS", "*"}));
  std::map<std::string, std::string> all;  // by key
  for (std::size_t i = 0; i < keys->size(); ++i) {
    const std::string key(keys->at(i).text());
    const std::string type = reply_to({"TYPE", key});
    std::string value;
    if (type == "string") value = reply_to({"GET", key});
    if (type == "list") value = reply_to({"LRANGE", key, "0", "-1"});
    if (type == "zset") value = reply_to({"ZRANGE", key, "0", "-1"});
    if (type == "hash") value = hash_text(send(admin_, command_of({"HGETALL", key})).view());
    if (type == "stream") {
      for (const Entry& entry : entries(admin_, key)) value += entry.id + " " + text_of(entry) + "\n  ";
      value += reply_to({"XINFO", "GROUPS", key});
      if (value.empty()) continue;
    }
    all[key] = type + (ask_number(admin_, {"PTTL", key}) > 0 ? " expires" : "") + "\n  " + value + "\n";
  }
  std::string text;
  for (const auto& [key, shown] : all) text.append(key).append(" ").append(shown);
  return text;
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
