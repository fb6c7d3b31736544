// Each helper builds its command and reads the expected reply.
#include "support/valkey_helpers.h"

#include <sstream>
#include <stdexcept>

#include "support/text.h"

namespace orderd::test {
namespace {

valkey::OwnedReply good(valkey::SyncClient& client, const std::vector<std::string>& words) {
  auto reply = send(client, command_of(words));
  if (reply->is_error()) throw std::runtime_error(words.at(0) + ": " + std::string(reply->text()));
  return reply;
}

}  // namespace

const std::string* Entry::find(std::string_view name) const {
  for (const auto& [field, value] : fields) {
    if (field == name) return &value;
  }
  return nullptr;
}

valkey::OwnedReply send(valkey::SyncClient& client, const valkey::Command& command) {
  auto reply = client.call(command);
  if (!reply) throw std::runtime_error(reply.error());
  return std::move(reply.value());
}

valkey::Command command_of(const std::vector<std::string>& words) {
  valkey::Command command;
  command.begin(words.size());
  for (const auto& word : words) command.add(word);
  return command;
}

std::string ask(valkey::SyncClient& client, const std::vector<std::string>& words) {
  const auto reply = good(client, words);
  return reply->is_integer() ? std::to_string(reply->integer()) : std::string(reply->text());
}

int64_t ask_number(valkey::SyncClient& client, const std::vector<std::string>& words) {
  return good(client, words)->integer();
}

std::string xadd(valkey::SyncClient& client, const std::string& stream, const Fields& fields) {
  std::vector<std::string> words = {"XADD", stream, "*"};
  for (const auto& [name, value] : fields) words.insert(words.end(), {name, value});
  return ask(client, words);
}

std::string push_order(valkey::SyncClient& client, const std::string& id, const std::string& sku,
                       const std::string& quantity) {
  return xadd(client, "orders", {{"id", id}, {"sku", sku}, {"quantity", quantity}});
}

std::vector<Entry> entries_of(valkey::Reply reply) {
  std::vector<Entry> result;
  for (std::size_t i = 0; i < reply.size(); ++i) {
    Entry& entry = result.emplace_back();
    entry.id = reply.at(i).at(0).text();
    const valkey::Reply fields = reply.at(i).at(1);
    for (std::size_t f = 0; f + 1 < fields.size(); f += 2) {
      entry.fields.emplace_back(fields.at(f).text(), fields.at(f + 1).text());
    }
  }
  return result;
}

std::vector<Entry> entries(valkey::SyncClient& client, const std::string& stream, const std::string& first,
                           const std::string& last) {
  return entries_of(good(client, {"XRANGE", stream, first, last}).view());
}

std::vector<Entry> read_group(valkey::SyncClient& client, const std::string& stream, const std::string& group,
                              const std::string& consumer, const std::string& from, int count) {
  const auto reply =
      good(client, {"XREADGROUP", "GROUP", group, consumer, "COUNT", std::to_string(count), "STREAMS", stream, from});
  return entries_of(reply->at(0).at(1));
}

std::size_t length(valkey::SyncClient& client, const std::string& stream) {
  return static_cast<std::size_t>(ask_number(client, {"XLEN", stream}));
}

std::size_t pending_count(valkey::SyncClient& client, const std::string& stream, const std::string& group) {
  return static_cast<std::size_t>(good(client, {"XPENDING", stream, group})->at(0).integer());
}

std::vector<Connection> clients_named(valkey::SyncClient& client, const std::string& name) {
  std::vector<Connection> found;
  std::istringstream lines(ask(client, {"CLIENT", "LIST"}));
  for (std::string line; std::getline(lines, line);) {
    if (!contains(line, " name=" + name)) continue;
    found.push_back({line.substr(3, line.find(' ') - 3), line});  // "id=7 addr=..."
  }
  return found;
}

void set(valkey::SyncClient& client, const std::string& key, const std::string& value) {
  (void)ask(client, {"SET", key, value});
}

std::optional<std::string> get(valkey::SyncClient& client, const std::string& key) {
  const auto reply = good(client, {"GET", key});
  if (reply->is_nil()) return std::nullopt;
  return std::string(reply->text());
}

bool exists(valkey::SyncClient& client, const std::string& key) {
  return ask_number(client, {"EXISTS", key}) == 1;
}

}  // namespace orderd::test
