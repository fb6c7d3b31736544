#include "order-chaos/record.h"

namespace orderd::chaos {

std::string Order::content() const {
  std::map<std::string, uint64_t> sums;
  for (const auto& [sku, quantity] : lines) sums[sku] += quantity;
  std::string text = customer;
  for (const auto& [sku, quantity] : sums) text.append("\n").append(sku).append("=").append(std::to_string(quantity));
  return text;
}

void Record::add(const Order& order, Outcome outcome, EntryId entry) {
  Attempt attempt{order.id, order.malformed ? "" : order.content(), order.malformed, outcome, entry};
  const std::lock_guard<std::mutex> guard(mutex_);
  attempts.push_back(std::move(attempt));
}

}  // namespace orderd::chaos
