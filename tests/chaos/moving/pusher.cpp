#include "chaos/moving/pusher.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "chaos/pace.h"
#include "support/valkey_helpers.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;
using test::command_of;

constexpr std::size_t kRecent = 50;

// The address in "MOVED 3999 127.0.0.1:6381"; empty for any other error.
std::optional<std::pair<std::string, uint16_t>> moved_to(std::string_view error) {
  if (!error.starts_with("MOVED ")) return std::nullopt;
  const std::string_view address = error.substr(error.rfind(' ') + 1);
  const std::size_t colon = address.rfind(':');
  uint16_t port = 0;
  std::from_chars(address.data() + colon + 1, address.data() + address.size(), port);
  return std::pair(std::string(address.substr(0, colon)), port);
}

}  // namespace

Pusher::Pusher(Nodes& nodes, std::string stream, std::vector<std::string> skus, unsigned per_second, uint64_t seed)
    : nodes_(nodes),
      stream_(std::move(stream)),
      skus_(std::move(skus)),
      per_second_(per_second),
      random_(seed),
      thread_([this] { run(); }) {
}

Pusher::~Pusher() {
  stop();
}

void Pusher::stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

std::optional<valkey::SyncClient> Pusher::connect(const valkey::Endpoint& endpoint) const {
  auto client =
      valkey::SyncClient::connect(endpoint, {.name = "pusher", .connect_timeout = 300ms, .reply_timeout = 1000ms});
  if (!client) return std::nullopt;
  return std::move(*client);
}

// Asks any node or sentinel. Leaves client_ empty if none knows.
void Pusher::find_primary() {
  client_.reset();
  auto& asked = nodes_.kind() == Servers::kCluster ? nodes_.data() : nodes_.sentinels();
  const Node& node = asked[random_.number(asked.size())];
  auto client = connect(nodes_.endpoint(node));
  if (!client) return;
  if (nodes_.kind() == Servers::kCluster) {
    const auto reply = client->call(command_of({"XLEN", stream_}));
    if (!reply) return;
    const auto elsewhere = moved_to((*reply)->is_error() ? (*reply)->text() : "");
    if (!(*reply)->is_error()) client_ = std::move(client);
    if (!elsewhere) return;
    valkey::Endpoint there = nodes_.endpoint(node);
    there.host = elsewhere->first;
    there.port = elsewhere->second;
    client_ = connect(there);
    return;
  }
  const auto reply = client->call(command_of({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", "shop"}));
  if (!reply || (*reply)->size() != 2) return;
  valkey::Endpoint there = nodes_.endpoint(node);
  there.host = (*reply)->at(0).text();
  there.port = static_cast<uint16_t>(std::stoi(std::string((*reply)->at(1).text())));
  client_ = connect(there);
  if (!client_) return;
  const auto role = client_->call(command_of({"ROLE"}));
  if (!role || (*role)->at(0).text() != "master") client_.reset();
}

// Some are retries of recent orders, some are malformed.
Pusher::Order Pusher::make_order() {
  if (!recent_.empty() && random_.chance(4)) return recent_[random_.number(recent_.size())];
  Order order{"o-" + std::to_string(++made_), {}};
  const std::string sku = skus_[random_.number(skus_.size())];
  order.json = random_.chance(2) ? R"({"id":")" + order.id + R"(","sku":"","quantity":1})"
                                 : R"({"id":")" + order.id + R"(","sku":")" + sku + R"(","quantity":)" +
                                       std::to_string(random_.number(1, 3)) + "}";
  if (recent_.size() < kRecent) {
    recent_.push_back(order);
  } else {
    recent_[random_.number(kRecent)] = order;
  }
  return order;
}

// Pushes what is left in `batch`. False: the connection is unusable.
bool Pusher::push(std::vector<Order>& batch) {
  for (const Order& order : batch) client_->append(command_of({"XADD", stream_, "*", "order", order.json}));
  std::vector<Order> left;
  bool good = true;
  for (Order& order : batch) {
    const auto reply = good ? client_->read() : Result<valkey::OwnedReply>(Failure{"lost"});
    if (!reply) {
      good = false;
      ++record_.unknown;
      left.push_back(std::move(order));
    } else if ((*reply)->is_error()) {
      // Refused, so not appended. The node may no longer be the primary.
      ++record_.refused;
      good = good && !(*reply)->text().starts_with("MOVED") && !(*reply)->text().starts_with("READONLY");
      left.push_back(std::move(order));
    } else {
      record_.acknowledged.emplace((*reply)->text(), order.id);
      ++pushed_;
    }
  }
  batch = std::move(left);
  return good;
}

void Pusher::run() {
  constexpr auto kTurn = 20ms;
  const std::size_t each = std::max<std::size_t>(1, per_second_ * kTurn / 1s);
  std::vector<Order> batch;
  constexpr int kTurnsTillAsked = 25;
  for (int turn = 1; !stop_; ++turn) {
    let_pass(kTurn);
    // A primary that sentinels have replaced still accepts writes for ten seconds, so a producer asks now and then.
    const bool ask = nodes_.kind() == Servers::kSentinels && turn % kTurnsTillAsked == 0;
    if (!client_ || ask) find_primary();
    if (!client_) continue;
    while (batch.size() < each) batch.push_back(make_order());
    if (!push(batch)) client_.reset();
  }
}

}  // namespace orderd::chaos
