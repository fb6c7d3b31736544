// The books of a shop: the contents of streams and keys, written by hand from the rules of docs/contract.md. They are
// copied to a server for the audit; a test may falsify them first.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/seed.h"
#include "support/valkey_helpers.h"

namespace orderd::test {

using Json = nlohmann::ordered_json;

struct Books {
  std::vector<Entry> orders;
  std::vector<Entry> results;
  std::vector<Entry> dead;
  std::map<std::string, std::string> keys;  // strings only
  // The hash; empty: no key.
  std::map<std::string, std::string> position = {{"id", "0-0"}, {"count", "0"}, {"result", ""}, {"base", "0"}};
  std::vector<std::string> deleted;  // IDs of `orders` to delete after they are added

  // Replaces everything in the server, with the same IDs.
  void lay_out(valkey::SyncClient& client) const;
  // The request that a result answers.
  [[nodiscard]] Entry& request_of(const Entry& result);
};

// Appends entries with their IDs.
void append_all(valkey::SyncClient& client, const std::string& stream, const std::vector<Entry>& all);
void put(Entry& entry, const std::string& name, const std::string& value);
void take_out(Entry& entry, const std::string& name);

// Settles requests by the rules, one after another, and keeps the books.
class Clerk {
 public:
  // What a request asks for; no lines: it is malformed.
  struct Asked {
    Fields fields;
    std::string order;
    std::string customer;
    std::vector<std::pair<std::string, int64_t>> lines = {};
  };
  // Adds a request and settles it.
  void serve(const Asked& asked);
  // Adds a request without settling it.
  void push(const Fields& fields);
  // Like orderctl stock.
  void change_stock(const std::string& sku, const std::string& change, int64_t amount);
  // Like orderctl dead, for the letter at this index; `pushed`: the requeued request, which is settled too.
  void requeue_letter(std::size_t place, const Asked& pushed);
  void discard_letter(std::size_t place);
  // Sets the server's clock.
  void set_clock(uint64_t ms) { now_ = ms; }
  // The orders stream is deleted and recreated: the clerk drops its requests, and new IDs may be smaller.
  void recreate_orders();

  Books books;

 private:
  std::string new_id(std::string& last);
  void settle(const Asked& asked);
  Fields decide(const Asked& asked);
  std::string add_result(const Fields& fields);

  uint64_t now_ = 1'790'000'000'000;
  std::string last_order_ = "0-0";
  std::string last_result_ = "0-0";
  std::string last_letter_ = "0-0";
  uint64_t count_ = 0;
};

// An order of one line, in flat fields.
[[nodiscard]] Clerk::Asked simple_order(const std::string& id, const std::string& sku = "sock", int64_t quantity = 1);
// A mixed sale: both forms, several lines, retries, reused IDs, malformed requests, unknown SKUs, bad stock, bad
// records, stock changes; at the end some requests wait.
[[nodiscard]] Clerk hold_sale(Random& random, std::size_t requests);

}  // namespace orderd::test
