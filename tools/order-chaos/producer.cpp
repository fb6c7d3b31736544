// Pushes a batch every 10 ms. Pushes without a reply, or with an error, are retried in later batches. The retries of
// OrderSource repeat one of the last orders sent, as a producer does after losing a reply.
#include "order-chaos/producer.h"

#include <nlohmann/json.hpp>

#include <cmath>

#include "order-chaos/pace.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;
constexpr auto kBeat = 10ms;
constexpr std::size_t kAgainMax = 200;  // more are dropped
constexpr std::size_t kRemembered = 2000;
constexpr std::size_t kSkus = 12;
constexpr uint64_t kPlenty = 100'000'000;

}  // namespace

const char* name_of(Workload workload) {
  static constexpr const char* kNames[] = {"uniform", "one hot SKU", "many retries"};
  return kNames[static_cast<int>(workload)];
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

Stock OrderSource::stock() {
  Stock stock;
  // Every third one sells out sooner or later.
  for (std::size_t i = 0; i < kSkus; ++i)
    stock.emplace_back("sku-" + std::to_string(i), i % 3 == 0 ? 500 * (i + 1) : kPlenty);
  return stock;
}

OrderSource::OrderSource(std::string name, Workload workload, uint64_t seed, std::vector<std::string> skus)
    : name_(std::move(name)), workload_(workload), random_(seed), skus_(std::move(skus)) {
  if (!skus_.empty()) return;
  for (const auto& [sku, amount] : stock()) skus_.push_back(sku);
  unknown_ = "never-heard-of";
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
  const std::vector<test::Fields> entries = {
      {{"id", order.id}, {"sku", skus_[0]}, {"quantity", "-1"}},
      {{"id", order.id}, {"sku", skus_[0]}, {"quantity", "1e3"}},
      {{"id", order.id}, {"quantity", "1"}, {"reply_to", name_}},
      {{"order", R"({"id":")" + order.id + R"(","sku":")" + skus_[0] + R"(","quantity":3.0})"}},
      {{"order", "{ no JSON"}},
      {{"something", "else"}},
  };
  const std::size_t which = random_.number(entries.size());
  order.entry = entries[which];
  if (which == 2) order.reply_to = name_;
  if (which >= 4) order.id.clear();
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

const valkey::SyncClient::Options kProducerTimeouts = {
    .name = "producer", .connect_timeout = 500ms, .reply_timeout = 1000ms};

bool push(valkey::SyncClient& client, const std::string& stream, const std::vector<Order>& orders, Record& record,
          std::vector<Pushed>& pushed) {
  for (const Order& order : orders) {
    std::vector<std::string> words = {"XADD", stream, "*"};
    for (const auto& [name, value] : order.entry) words.insert(words.end(), {name, value});
    client.append(test::command_of(words));
  }
  bool good = true;
  bool moved = false;
  for (const Order& order : orders) {
    Pushed outcome;
    if (good) {
      const auto reply = client.read();
      good = reply.ok();
      if (good) outcome.outcome = (*reply)->is_error() ? Outcome::kFail : Outcome::kOk;
      if (outcome.outcome == Outcome::kOk) outcome.entry = id_of((*reply)->text());
      if (outcome.outcome == Outcome::kFail &&
          ((*reply)->text().starts_with("MOVED") || (*reply)->text().starts_with("READONLY")))
        moved = true;
    }
    record.add(order, outcome.outcome, outcome.entry);
    pushed.push_back(outcome);
  }
  return good && !moved;
}

void Producer::run(const std::stop_token& stop) {
  using Clock = std::chrono::steady_clock;
  std::vector<Order> again;
  Result<valkey::SyncClient> connection = Failure{"none yet"};
  auto next = Clock::now();
  auto asked = next;
  double owed = 0;  // orders to push
  while (!stop.stop_requested()) {
    next += kBeat;
    const auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(next - Clock::now());
    if (wait > 0ms) let_pass(wait);
    // After a long wait it does not make up for missed batches.
    next = std::max(next, Clock::now() - kBeat);
    const std::lock_guard<std::mutex> turn(turn_);
    const bool ask = target_.ask_again > 0ms && Clock::now() - asked > target_.ask_again;
    if (!connection || ask) {
      connection = target_.connect();
      asked = Clock::now();
    }
    if (!connection) continue;
    std::vector<Order> batch = std::exchange(again, {});
    owed += target_.per_second * std::chrono::duration<double>(kBeat).count();
    const double due = std::floor(owed);
    owed -= due;
    for (auto left = static_cast<uint64_t>(due); left > 0; --left) batch.push_back(source_.next());
    std::vector<Pushed> pushed;
    if (!push(*connection, target_.stream, batch, record_, pushed)) connection = Failure{"lost"};
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (pushed[i].outcome != Outcome::kOk && again.size() < kAgainMax) again.push_back(batch[i]);
    }
  }
}

}  // namespace orderd::chaos
