#include "chaos/aof_sale.h"

#include <nlohmann/json.hpp>

namespace orderd::test {
namespace {

// Where in its stream an entry stands, fit for comparing.
std::pair<uint64_t, uint64_t> place(const std::string& id) {
  const std::size_t dash = id.find('-');
  return {std::stoull(id.substr(0, dash)), std::stoull(id.substr(dash + 1))};
}

}  // namespace

ResultReader::ResultReader(const ValkeyServer& server)
    : thread_([this](valkey::SyncClient client) { run(std::move(client)); }, server.client()) {
}

ResultReader::~ResultReader() {
  if (thread_.joinable()) thread_.join();
}

void ResultReader::run(valkey::SyncClient client) {
  std::string last = "0";
  while (true) {
    const auto reply = client.call(command_of({"XREAD", "COUNT", "500", "BLOCK", "100", "STREAMS", "results", last}));
    if (!reply) return;
    if (!reply.value()->is_array()) continue;
    for (const Entry& entry : entries_of(reply.value()->at(0).at(1))) ids_.push_back(last = entry.id);
    count_ = ids_.size();
  }
}

const std::vector<std::string>& ResultReader::ids() {
  if (thread_.joinable()) thread_.join();
  return ids_;
}

std::vector<std::string> AofSale::torn() {
  valkey::SyncClient& client = sale.client();
  std::vector<std::string> found;
  std::map<std::string, int64_t> last_remaining;
  std::set<std::string> settled;
  for (const Entry& result : entries(client, "results")) {
    settled.insert(result.field("request"));
    const bool accepted = result.field("status") == "accepted";
    if (accepted) {
      for (const auto& line : nlohmann::json::parse(result.field("lines")))
        last_remaining[line["sku"]] = line["remaining"];
    }
    if (!accepted && result.field("reason") != "insufficient_stock") continue;
    const auto record = get(client, "order:" + result.field("order"));
    const std::string expected = (accepted ? "a" : "r") + result.id + " " + result.field("request");
    if (!record || !record->ends_with(expected)) found.push_back("the record of the result " + result.id);
  }
  for (const auto& [sku, remaining] : last_remaining) {
    if (get(client, "product:" + sku + ":stock") != std::to_string(remaining)) found.push_back("the stock of " + sku);
  }
  find_torn_deliveries(settled, found);
  return found;
}

void AofSale::find_torn_deliveries(const std::set<std::string>& settled, std::vector<std::string>& found) {
  valkey::SyncClient& client = sale.client();
  const auto pending = pending_ids(client, "orders", "orderd");
  const std::set<std::string> waiting(pending.begin(), pending.end());
  const auto groups = send(client, command_of({"XINFO", "GROUPS", "orders"}));
  const auto delivered = place(std::string(groups->at(0).at(7).text()));
  for (const Entry& request : entries(client, "orders")) {
    const bool done = settled.count(request.id) == 1;
    const bool waits = waiting.count(request.id) == 1;
    if (done && waits) found.push_back("settled and not acknowledged: " + request.id);
    if (done && place(request.id) > delivered) found.push_back("settled and never delivered: " + request.id);
    if (!done && !waits && place(request.id) <= delivered) found.push_back("acknowledged, not settled: " + request.id);
  }
}

}  // namespace orderd::test
