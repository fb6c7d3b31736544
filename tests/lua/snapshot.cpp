// Reads the server's keys one by one.
#include <algorithm>

#include "shop.h"

namespace orderd::test {
namespace {

std::string stream_text(valkey::SyncClient& client, const std::string& key) {
  std::string text;
  for (const Entry& entry : entries(client, key)) text += "  " + entry.id + " " + text_of(entry) + "\n";
  const auto groups = send(client, command_of({"XINFO", "GROUPS", key}));
  for (std::size_t i = 0; i < groups->size(); ++i) text += "  group " + text_of(groups->at(i)) + "\n";
  return text;
}

std::string hash_text(valkey::SyncClient& client, const std::string& key) {
  const auto reply = send(client, command_of({"HGETALL", key}));
  std::map<std::string, std::string> fields;
  for (std::size_t i = 0; i + 1 < reply->size(); i += 2) {
    fields.emplace(reply->at(i).text(), reply->at(i + 1).text());
  }
  std::string text = " ";
  for (const auto& [name, value] : fields) text.append(" ").append(name).append("=").append(value);
  return text + "\n";
}

std::string value_text(valkey::SyncClient& client, const std::string& key, const std::string& type) {
  if (type == "string") return "  " + ask(client, {"GET", key}) + "\n";
  if (type == "list") return "  " + text_of(send(client, command_of({"LRANGE", key, "0", "-1"})).view()) + "\n";
  if (type == "hash") return hash_text(client, key);
  if (type == "zset") return "  " + text_of(send(client, command_of({"ZRANGE", key, "0", "-1"})).view()) + "\n";
  return stream_text(client, key);
}

}  // namespace

std::string Shop::snapshot() {
  std::vector<std::string> keys;
  const auto reply = send(admin_, command_of({"KEYS", "*"}));
  for (std::size_t i = 0; i < reply->size(); ++i) keys.emplace_back(reply->at(i).text());
  std::sort(keys.begin(), keys.end());
  std::string text;
  for (const std::string& key : keys) {
    const std::string type = ask(admin_, {"TYPE", key});
    const std::string value = value_text(admin_, key, type);
    const bool expires = ask_number(admin_, {"PTTL", key}) > 0;
    if (!value.empty()) text += key + " " + type + (expires ? " expires" : "") + "\n" + value;
  }
  return text;
}

}  // namespace orderd::test
