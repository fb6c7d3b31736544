// Rejected orders have `available` instead, and a change of stock may have any `quantity`, or none.
#include "order-replay/sold.h"

#include <simdjson.h>

namespace orderd::replay {

void each_left(const tools::Entry& result, const std::function<void(const Left&)>& each) {
  thread_local simdjson::dom::parser parser;
  const std::string_view text = result.field("lines");
  simdjson::dom::array lines;
  if (parser.parse(text.data(), text.size()).get(lines) != simdjson::SUCCESS) return;
  for (const simdjson::dom::element line : lines) {
    Left left;
    if (line["sku"].get(left.sku) != simdjson::SUCCESS) continue;
    if (line["remaining"].get(left.remaining) != simdjson::SUCCESS) continue;
    if (line["quantity"].get(left.quantity) != simdjson::SUCCESS) left.quantity = 0;
    each(left);
  }
}

}  // namespace orderd::replay
