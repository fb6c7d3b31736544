// One-line helpers for what tests ask a server. All throw std::runtime_error if the connection fails, and, unless they
// return the reply itself, if the server replies with an error.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "valkey/sync_client.h"

namespace orderd::test {

using Fields = std::vector<std::pair<std::string, std::string>>;

// An entry of a stream.
struct Entry {
  std::string id;
  Fields fields;
  // The value of the first field of that name; empty if there is none.
  [[nodiscard]] std::string field(std::string_view name) const { return has(name) ? *find(name) : ""; }
  [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }
  bool operator==(const Entry&) const = default;

 private:
  [[nodiscard]] const std::string* find(std::string_view name) const;
};

// The reply, whatever it is.
[[nodiscard]] valkey::OwnedReply send(valkey::SyncClient& client, const valkey::Command& command);
[[nodiscard]] valkey::Command command_of(const std::vector<std::string>& words);

// The reply's text; an integer as digits; empty for nil.
std::string ask(valkey::SyncClient& client, const std::vector<std::string>& words);
int64_t ask_number(valkey::SyncClient& client, const std::vector<std::string>& words);

// Appends and returns the entry's ID.
std::string xadd(valkey::SyncClient& client, const std::string& stream, const Fields& fields);
// Appends an order of one line to the stream "orders" and returns its ID.
std::string push_order(valkey::SyncClient& client, const std::string& id, const std::string& sku = "shoe",
                       const std::string& quantity = "1");
// All entries, or those from `first` to `last`.
std::vector<Entry> entries(valkey::SyncClient& client, const std::string& stream, const std::string& first = "-",
                           const std::string& last = "+");
// The entries of one stream in an XRANGE reply. A deleted entry has no fields.
std::vector<Entry> entries_of(valkey::Reply reply);
// XREADGROUP of one stream; `from` is ">" for new entries, an ID for the consumer's own pending ones.
std::vector<Entry> read_group(valkey::SyncClient& client, const std::string& stream, const std::string& group,
                              const std::string& consumer, const std::string& from = ">", int count = 1000);
std::size_t length(valkey::SyncClient& client, const std::string& stream);
// How many entries are pending in a group.
std::size_t pending_count(valkey::SyncClient& client, const std::string& stream, const std::string& group);

// The clients whose names begin with this.
struct Connection {
  std::string id;
  std::string line;  // of CLIENT LIST
};
std::vector<Connection> clients_named(valkey::SyncClient& client, const std::string& name);

void set(valkey::SyncClient& client, const std::string& key, const std::string& value);
std::optional<std::string> get(valkey::SyncClient& client, const std::string& key);
bool exists(valkey::SyncClient& client, const std::string& key);

}  // namespace orderd::test
