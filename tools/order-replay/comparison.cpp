// 128-bit hashes represent orders, 64-bit hashes the sequence of an order's decisions.
#include "order-replay/comparison.h"

#include <xxhash.h>

#include <algorithm>

#include "order-replay/sold.h"
#include "shared/output.h"

namespace orderd::replay {

std::string decision_text(const tools::Entry& result) {
  std::string text(result.field("status"));
  for (const std::string_view name : {"reason", "outcome", "lines"}) {
    if (result.has(name)) text.append(" ").append(result.field(name));
  }
  return text;
}

Comparison::Key Comparison::key_of(std::string_view order) {
  const XXH128_hash_t hash = XXH3_128bits(order.data(), order.size());
  return {hash.low64, hash.high64};
}

void Comparison::add(Run run, const tools::Entry& result) {
  each_left(result, [&](const Left& left) { stock_[std::string(left.sku)][run] = left.remaining; });
  if (!result.has("request")) return;
  Results& results = orders_[key_of(result.field("order"))][run];
  const std::string text = decision_text(result);
  ++results.count;
  results.decisions = XXH3_64bits_withSeed(text.data(), text.size(), results.decisions);
}

std::string Comparison::difference(std::string_view order) const {
  const auto found = orders_.find(key_of(order));
  if (found == orders_.end()) return "";
  const auto& [expected, results] = found->second;
  if (expected == results) return "";
  if (expected.count == results.count) return "decided differently";
  return tools::count_text(results.count, "result") + ", " + std::to_string(expected.count) + " expected";
}

uint64_t Comparison::different_orders() const {
  return static_cast<uint64_t>(std::count_if(orders_.begin(), orders_.end(), [](const auto& each) {
    return !(each.second[kExpected] == each.second[kFound]);
  }));
}

std::map<std::string, Comparison::Stock, std::less<>> Comparison::different_stock() const {
  auto different = stock_;
  std::erase_if(different, [](const auto& each) { return each.second[kExpected] == each.second[kFound]; });
  return different;
}

}  // namespace orderd::replay
