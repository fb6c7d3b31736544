// The scripts run as a user of their own, "daemon", whose rights a test may take away; everything else runs as the
// default user.
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

// Stands for the digest that the daemon makes of an order's content.
std::string digest_of(const Order& order) {
  std::string content = order.customer;
  for (const Line& line : order.lines) content += "|" + line.sku + "|" + line.quantity;
  char digits[17];
  (void)std::snprintf(digits, sizeof digits, "%016zx", std::hash<std::string>()(content));
  return digits;
}

}  // namespace

ValkeyServer& shared_server() {
  static ValkeyServer server;
  return server;
}

Shop::Shop() : Shop(shared_server(), "") {
}

Shop::Shop(const ValkeyServer& server, std::string key_prefix)
    : prefix(std::move(key_prefix)), admin_(server.client()), daemon_(daemon_client(server, admin_)) {
  (void)send(admin_, command_of({"REPLICAOF", "NO", "ONE"}));  // an error in a cluster, where no test changes it
  (void)ask(admin_, {"CONFIG", "SET", "maxmemory", "0", "min-replicas-to-write", "0"});
  (void)ask(admin_, {"FLUSHALL"});
  for (const auto script : {lua::settle, lua::refuse, lua::claim, lua::position, lua::restore, lua::trim, lua::stock}) {
    auto hash = daemon_.load(script);
    REQUIRE_MESSAGE(hash.ok(), hash.error());
    hashes_[script] = *hash;
  }
  create_group();
}

void Shop::forbid(const std::string& command) {
  (void)ask(admin_, {"ACL", "SETUSER", "daemon", "-" + command});
}
void Shop::allow_everything() {
  (void)ask(admin_, {"ACL", "SETUSER", "daemon", "+@all"});
}

void Shop::create_group(const std::string& start) {
  (void)ask(admin_, {"XGROUP", "CREATE", orders, group, start, "MKSTREAM"});
}

std::string Shop::push() {
  return ask(admin_, {"XADD", orders, std::to_string(++pushed_) + "-0", "order", "-"});
}

std::string Shop::deliver(const std::string& consumer) {
  const std::string request = push();
  REQUIRE(read(consumer) == 1);
  return request;
}

std::size_t Shop::read(const std::string& consumer, int count) {
  return read_group(admin_, orders, group, consumer, ">", count).size();
}

std::vector<std::string> Shop::settle_keys(const Order& order) const {
  std::vector<std::string> keys = {orders, results_stream, record_key(order.id)};
  for (const Line& line : order.lines) keys.push_back(stock_key(line.sku));
  return keys;
}

std::vector<std::string> Shop::settle_arguments(const std::string& request, const Order& order) const {
  std::vector<std::string> arguments = {group, request, order.id, digest_of(order), order.window, order.gate};
  for (const Line& line : order.lines) {
    arguments.push_back(line.quantity);
    arguments.push_back(R"({"sku":")" + line.sku + R"(","quantity":)" + line.quantity + ",");
  }
  if (!order.customer.empty()) arguments.push_back(order.customer);
  return arguments;
}

std::string Shop::settle(const std::string& request, const Order& order) {
  return run(lua::settle, settle_keys(order), settle_arguments(request, order));
}

std::string Shop::refuse(const std::string& request, const Refusal& refusal) {
  std::vector<std::string> arguments = {group,          request,        refusal.gate,    refusal.id,
                                        refusal.reason, refusal.detail, refusal.customer};
  arguments.insert(arguments.end(), refusal.raw.begin(), refusal.raw.end());
  return run(lua::refuse, {orders, results_stream, dead}, arguments);
}

std::string Shop::claim(const std::string& consumer, int idle_ms, const std::string& from, int count) {
  return run(lua::claim, {orders, results_stream},
             {group, consumer, std::to_string(idle_ms), from, std::to_string(count)});
}

std::string Shop::position() {
  return run(lua::position, {orders, results_stream, position_key}, {group});
}

std::string Shop::restore(const std::string& start, const std::string& newest,
                          const std::vector<std::string>& unsettled) {
  std::vector<std::string> arguments = {group, "c", start, newest};
  arguments.insert(arguments.end(), unsettled.begin(), unsettled.end());
  return run(lua::restore, {orders, results_stream}, arguments);
}

std::string Shop::trim(const std::string& stream, int64_t retention_ms, int limit, const std::string& required) {
  return run(lua::trim, {stream}, {std::to_string(retention_ms), std::to_string(limit), required});
}

std::string Shop::change_stock(const std::string& change, const std::string& sku, const std::string& amount,
                               const std::string& reason) {
  return run(lua::stock, {results_stream, stock_key(sku)}, {change, amount, R"({"sku":")" + sku + R"(",)", reason});
}

std::string Shop::run(std::string_view script, const std::vector<std::string>& keys,
                      const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {"EVALSHA", hashes_.at(script), std::to_string(keys.size())};
  words.insert(words.end(), keys.begin(), keys.end());
  words.insert(words.end(), arguments.begin(), arguments.end());
  return text_of(send(daemon_, command_of(words)).view());
}

std::string Shop::last_result() {
  const auto reply = send(admin_, command_of({"XREVRANGE", results_stream, "+", "-", "COUNT", "1"}));
  const auto found = entries_of(reply.view());
  return found.empty() ? "none" : text_of(found.front());
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
  for (std::size_t i = 0; i < reply.size(); ++i) text += (i == 0 ? "" : " ") + text_of(reply.at(i));
  return text;
}

}  // namespace orderd::test
