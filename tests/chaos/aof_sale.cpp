#include "chaos/aof_sale.h"

#include <nlohmann/json.hpp>

#include <set>

#include "support/entry_id.h"

namespace orderd::test {
std::vector<std::string> AofSale::torn() {
  valkey::SyncClient& client = sale.client();
  std::vector<std::string> found;
  std::map<std::string, int64_t> last_remaining;
  const std::vector<Entry> results = entries(client, "results");
  for (const Entry& result : results) {
    const bool accepted = result.field("status") == "accepted";
    if (accepted) {
      for (const auto& line : nlohmann::json::parse(result.field("lines")))
        last_remaining[line["sku"]] = line["remaining"];
    }
    if (!accepted && result.field("reason") != "insufficient_stock") continue;
    const auto record = get(client, "orders:order:" + result.field("order"));
    if (!record || !record->ends_with((accepted ? "a" : "r") + result.id))
      found.push_back("the record of the result " + result.id);
  }
  for (const auto& [sku, remaining] : last_remaining) {
    if (get(client, "product:" + sku + ":stock") != std::to_string(remaining)) found.push_back("the stock of " + sku);
  }
  find_torn_position(results, found);
  return found;
}

void AofSale::find_torn_position(const std::vector<Entry>& results, std::vector<std::string>& found) {
  valkey::SyncClient& client = sale.client();
  const std::string position = ask(client, {"HGET", "orders:position", "id"});
  if (position.empty()) {
    if (!results.empty()) found.emplace_back("results without a position");
    return;
  }
  std::set<std::string> settled;
  for (const Entry& result : results) settled.insert(result.field("request"));
  if (ask(client, {"HGET", "orders:position", "count"}) != std::to_string(results.size()))
    found.emplace_back("the count of the position");
  if (ask(client, {"HGET", "orders:position", "result"}) != (results.empty() ? "" : results.back().id))
    found.emplace_back("the result of the position");
  for (const Entry& request : entries(client, "orders")) {
    const bool done = settled.count(request.id) == 1;
    const bool before = EntryId::parse(request.id) <= EntryId::parse(position);
    if (done && !before) found.push_back("settled after the position: " + request.id);
    if (!done && before) found.push_back("not settled before the position: " + request.id);
  }
}

}  // namespace orderd::test
