// Each request draws its numbers in a fixed order; a change of that order is a change of every recording.
#include "order-replay/workload.h"

#include <array>

#include "order-replay/recording.h"
#include "order/lanes.h"

namespace orderd::replay {

constexpr uint64_t kSecondNs = 1'000'000'000;

Generator::Generator(const Workload& workload)
    : workload_(workload),
      id_(workload.id.empty() ? "g" + std::to_string(workload.seed) + "-" : workload.id),
      random_(workload.seed),
      zipf_(workload.spread == Workload::Spread::kZipf ? workload.skus : 1, workload.exponent) {
}

bool Generator::next(std::string& out) {
  if (stock_written_ < workload_.skus) {
    append_stock(out, sku_name(stock_written_++), workload_.stock);
    return true;
  }
  if (requests_ == workload_.orders) return false;
  next_time();
  const uint64_t number = ++requests_;
  uint64_t dice = random_.below(kMillion);
  const auto falls_into = [&dice](uint64_t share) {
    if (dice < share) return true;
    dice -= share;
    return false;
  };
  if (falls_into(workload_.malformed)) {
    append_malformed(out);
    return true;
  }
  const bool unknown = falls_into(workload_.unknown);
  const bool repeat = !unknown && falls_into(workload_.repeated);
  const bool reuse = !unknown && !repeat && falls_into(workload_.reused);
  Order order{id_ + std::to_string(number), {}};
  if ((repeat || reuse) && !remembered_.empty()) {
    const Order& old = remembered_[random_.below(remembered_.size())];
    order.id = old.id;
    if (repeat) order.json = old.json;
  }
  if (order.json.empty()) {
    // A customer who has no other orders: so the content is another one for sure.
    make_order(order.id, reuse ? 0 : random_.below(workload_.customers) + 1, unknown, order.json);
  }
  append_entry(out, at_ns_ / 1000, {}, {"order", order.json});
  if (repeat || reuse) return true;
  if (remembered_.size() < kRemembered) {
    remembered_.push_back(std::move(order));
  } else {
    remembered_[number % kRemembered] = std::move(order);
  }
  return true;
}

void Generator::next_time() {
  if (workload_.poisson) {
    at_ns_ += random_.exponential(kSecondNs / workload_.rate);
  } else {
    // Seconds apart, so that nothing is rounded twice and nothing overflows.
    at_ns_ = requests_ / workload_.rate * kSecondNs + requests_ % workload_.rate * kSecondNs / workload_.rate;
  }
}

uint64_t Generator::pick_sku() {
  switch (workload_.spread) {
    case Workload::Spread::kUniform: return random_.below(workload_.skus);
    case Workload::Spread::kZipf: return zipf_.pick(random_);
    case Workload::Spread::kHot:
      if (workload_.skus == 1 || random_.chance(workload_.hot)) return 0;
      return random_.between(1, workload_.skus - 1);
  }
  return 0;
}

// Another SKU of the same lane, or the same one where none is found.
std::string Generator::pick_other(const std::string& first) {
  constexpr int kTries = 1000;
  const auto lanes = static_cast<uint32_t>(workload_.lanes);
  const auto lane_of = [&](const std::string& sku) { return order::jump_hash(order::fnv1a(sku), lanes); };
  for (int i = 0; i < kTries; ++i) {
    std::string sku = sku_name(pick_sku());
    if (lane_of(sku) == lane_of(first)) return sku;
  }
  return first;
}

void Generator::append_line(std::string& out, const std::string& sku) {
  append_json(out.append("\"sku\":"), sku).append(",\"quantity\":");
  out.append(std::to_string(random_.between(workload_.quantity_min, workload_.quantity_max)));
}

void Generator::make_order(const std::string& id, uint64_t customer, bool unknown, std::string& out) {
  append_json(out.append("{\"id\":"), id);
  out.append(",\"customer\":\"c-").append(std::to_string(customer)).append("\",");
  const uint64_t lines = random_.between(workload_.lines_min, workload_.lines_max);
  std::string first;
  const auto sku = [&] {
    if (unknown) return "no-" + workload_.sku;
    if (workload_.lanes > 1 && !first.empty()) return pick_other(first);
    return first = sku_name(pick_sku());
  };
  if (lines == 1) {
    append_line(out, sku());
  } else {
    out.append("\"items\":[");
    for (uint64_t i = 0; i < lines; ++i) {
      out.append(i == 0 ? "{" : ",{");
      append_line(out, sku());
      out.push_back('}');
    }
    out.push_back(']');
  }
  out.push_back('}');
}

void Generator::append_malformed(std::string& out) {
  const std::string id = id_ + std::to_string(requests_);
  const std::string sku = sku_name(0);
  const std::string head = "{\"id\":\"" + id + "\",\"sku\":\"" + sku + "\",";
  const std::array<std::string, 9> orders = {
      head + "\"quantity\":\"3\"}",
      head + "\"quantity\":0}",
      head + "\"quantity\":1.5}",
      head + "\"quantity\":1,\"quantity\":2}",
      head + "\"quantity\":1,\"items\":[]}",
      "{\"sku\":\"" + sku + "\",\"quantity\":1}",
      "one pair, please",
      head + "\"quantity\":1,\"customer\":\"\xFF\xFE\"}",
      "",  // the flat form
  };
  const std::string& order = orders[random_.below(orders.size())];
  order::Fields fields = {"order", order};
  if (order.empty()) fields = {"id", id, "sku", sku, "quantity", "007"};
  append_entry(out, at_ns_ / 1000, {}, fields);
}

}  // namespace orderd::replay
