// Retries repeat one of the last orders sent, as a producer does after losing a reply.
#include "order-chaos/workload.h"

#include <nlohmann/json.hpp>

namespace orderd::chaos {
namespace {

constexpr std::size_t kRemembered = 2000;
constexpr std::size_t kSkus = 12;
constexpr uint64_t kPlenty = 100'000'000;

std::string sku_of(std::size_t number) {
  return "sku-" + std::to_string(number);
}

}  // namespace

const char* name_of(Workload workload) {
  switch (workload) {
    case Workload::kUniform: return "uniform";
    case Workload::kHotSku: return "one hot SKU";
    case Workload::kRetries: return "many retries";
  }
  return "";
}

void write_entry(Order& order, Form form) {
  order.entry.clear();
  if (form == Form::kFlat && order.lines.size() == 1) {
    order.entry = {
        {"id", order.id}, {"sku", order.lines[0].first}, {"quantity", std::to_string(order.lines[0].second)}};
    if (!order.customer.empty()) order.entry.emplace_back("customer", order.customer);
    if (!order.reply_to.empty()) order.entry.emplace_back("reply_to", order.reply_to);
    return;
  }
  nlohmann::ordered_json json = {{"id", order.id}};
  if (!order.customer.empty()) json["customer"] = order.customer;
  if (!order.reply_to.empty()) json["reply_to"] = order.reply_to;
  if (order.lines.size() == 1) {
    json["sku"] = order.lines[0].first;
    json["quantity"] = order.lines[0].second;
  } else {
    for (const auto& [sku, quantity] : order.lines) json["items"].push_back({{"sku", sku}, {"quantity", quantity}});
  }
  order.entry = {{"order", json.dump()}};
}

std::vector<std::pair<std::string, uint64_t>> OrderSource::stock() {
  std::vector<std::pair<std::string, uint64_t>> stock;
  // Every third one sells out sooner or later.
  for (std::size_t i = 0; i < kSkus; ++i) stock.emplace_back(sku_of(i), i % 3 == 0 ? 500 * (i + 1) : kPlenty);
  return stock;
}

OrderSource::OrderSource(std::string name, Workload workload, uint64_t seed)
    : OrderSource(std::move(name), workload, seed, {}) {
  for (const auto& [sku, amount] : stock()) skus_.push_back(sku);
  unknown_ = "never-heard-of";
}

OrderSource::OrderSource(std::string name, Workload workload, uint64_t seed, std::vector<std::string> skus)
    : name_(std::move(name)), workload_(workload), random_(seed), skus_(std::move(skus)) {
}

std::string OrderSource::sku() {
  if (!unknown_.empty() && random_.chance(1)) return unknown_;
  return workload_ == Workload::kHotSku ? skus_[1] : skus_[random_.number(skus_.size())];
}

Order OrderSource::fresh() {
  Order order;
  order.id = name_ + "-" + std::to_string(made_++);
  if (random_.chance(30)) order.customer = "c-" + std::to_string(random_.number(1000));
  if (random_.chance(20)) order.reply_to = name_;
  const std::size_t lines = random_.chance(20) ? random_.number(2, 4) : 1;
  for (std::size_t i = 0; i < lines; ++i) order.lines.emplace_back(sku(), random_.number(1, 3));
  write_entry(order, random_.chance(50) ? Form::kFlat : Form::kJson);
  return order;
}

Order OrderSource::malformed() {
  Order order;
  order.malformed = true;
  order.id = name_ + "-bad-" + std::to_string(made_++);
  switch (random_.number(6)) {
    case 0: order.entry = {{"id", order.id}, {"sku", skus_[0]}, {"quantity", "-1"}}; break;
    case 1: order.entry = {{"id", order.id}, {"sku", skus_[0]}, {"quantity", "1e3"}}; break;
    case 2: order.entry = {{"id", order.id}, {"quantity", "1"}, {"reply_to", name_}}; break;
    case 3:
      order.entry = {{"order", R"({"id":")" + order.id + R"(","sku":")" + skus_[0] + R"(","quantity":3.0})"}};
      break;
    case 4:
      order.entry = {{"order", "{ no JSON"}};
      order.id.clear();
      break;
    default:
      order.entry = {{"something", "else"}};
      order.id.clear();
      break;
  }
  return order;
}

Order OrderSource::next() {
  if (random_.chance(2)) return malformed();
  const std::size_t retries = workload_ == Workload::kRetries ? 33 : 5;
  if (!sent_.empty() && random_.chance(retries + 1)) {
    Order again = sent_[random_.number(sent_.size())];
    if (random_.number(retries + 1) == 0) {  // the same ID with other content
      again.lines[0].second += 7;
      write_entry(again, Form::kJson);
    } else if (random_.chance(30)) {
      write_entry(again, Form::kJson);  // the other form, the same order
    }
    return again;
  }
  Order order = fresh();
  if (sent_.size() < kRemembered) {
    sent_.push_back(order);
  } else {
    sent_[random_.number(kRemembered)] = order;
  }
  return order;
}

}  // namespace orderd::chaos
