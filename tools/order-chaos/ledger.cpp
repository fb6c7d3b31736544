// Reads each stream once. Memory grows with the trial, which is small.
#include "order-chaos/ledger.h"

#include <nlohmann/json.hpp>

#include "order-chaos/trial.h"

namespace orderd::chaos {
namespace {

void read_result(const test::Entry& entry, Ledger& ledger) {
  const EntryId id = EntryId::parse(entry.id);
  ledger.results[id] = fingerprint(entry);
  if (entry.field("status") == "letter") return;  // an operator handled a dead letter
  Decision decision{id, entry.field("order"), entry.field("status"), entry.field("reason"), "", false};
  const bool stock = decision.status == "stock";
  ++ledger.outcomes[decision.reason.empty() || stock ? decision.status : decision.reason];
  const auto lines = nlohmann::json::parse(entry.has("lines") ? entry.field("lines") : "[]", nullptr, false);
  if (!lines.is_array()) {
    ledger.unreadable.push_back(entry.id);
    return;
  }
  if (stock) {
    for (const auto& line : lines)
      ledger.sold[line.value("sku", "")] -= line["quantity"].is_number() ? line["quantity"].get<int64_t>() : 0;
    return;
  }
  Order order;
  order.customer = entry.field("customer");
  for (const auto& line : lines) {
    const auto quantity = line.value("quantity", uint64_t{0});
    order.lines.emplace_back(line.value("sku", ""), quantity);
    if (decision.status == "accepted") ledger.sold[line.value("sku", "")] += static_cast<int64_t>(quantity);
  }
  decision.has_lines = !order.lines.empty();
  decision.content = order.content();
  const EntryId request = EntryId::parse(entry.field("request"));
  ledger.order.emplace_back(id, request);
  ledger.by_request[request].push_back(std::move(decision));
}

}  // namespace

Ledger read_ledger(Trial& trial) {
  Ledger ledger;
  trial.each_entry("orders", [&](const test::Entry& entry) { ledger.requests.insert(EntryId::parse(entry.id)); });
  trial.each_entry("results", [&](const test::Entry& entry) { read_result(entry, ledger); });
  return ledger;
}

}  // namespace orderd::chaos
