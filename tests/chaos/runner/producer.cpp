// Pushes a batch every 10 ms. Pushes without a reply, or with an error, are retried a few times in later batches.
#include "chaos/runner/producer.h"

#include <chrono>
#include <deque>

#include "chaos/pace.h"
#include "support/valkey_helpers.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;
constexpr auto kBeat = 10ms;
constexpr std::size_t kAgainMax = 200;  // more are dropped

valkey::SyncClient::Options connection_options() {
  valkey::SyncClient::Options options;
  options.name = "producer";
  options.connect_timeout = 500ms;
  options.reply_timeout = 1000ms;
  return options;
}

}  // namespace

bool push(valkey::SyncClient& client, const std::vector<Order>& orders, Record& record, std::vector<Pushed>* pushed) {
  for (const Order& order : orders) {
    std::vector<std::string> words = {"XADD", "orders", "*"};
    for (const auto& [name, value] : order.entry) words.insert(words.end(), {name, value});
    client.append(test::command_of(words));
  }
  bool good = true;
  for (const Order& order : orders) {
    Pushed outcome;
    if (good) {
      const auto reply = client.read();
      good = reply.ok();
      if (good) outcome.outcome = (*reply)->is_error() ? Outcome::kFail : Outcome::kOk;
      if (outcome.outcome == Outcome::kOk) outcome.entry = EntryId::of((*reply)->text());
    }
    record.add(order, outcome.outcome, outcome.entry);
    if (pushed != nullptr) pushed->push_back(outcome);
  }
  return good;
}

Producer::Producer(valkey::Endpoint server, OrderSource source, unsigned per_second, Record& record)
    : server_(std::move(server)), source_(std::move(source)), record_(record), per_second_(per_second) {
  thread_ = std::thread([this] { run(); });
}

Producer::~Producer() {
  stop_ = true;
  thread_.join();
}

void Producer::run() {
  std::deque<Order> again;
  auto connection = valkey::SyncClient::connect(server_, connection_options());
  auto next = std::chrono::steady_clock::now();
  while (!stop_) {
    next += kBeat;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(next - std::chrono::steady_clock::now());
    if (left > 0ms) let_pass(left);
    // After a long wait it does not make up for missed batches.
    next = std::max(next, std::chrono::steady_clock::now() - kBeat);
    const std::lock_guard<std::mutex> turn(turn_);
    if (!connection) connection = valkey::SyncClient::connect(server_, connection_options());
    if (!connection) continue;
    std::vector<Order> batch(again.begin(), again.end());
    again.clear();
    for (unsigned i = 0; i < std::max(1U, per_second_ / 100); ++i) batch.push_back(source_.next());
    std::vector<Pushed> pushed;
    if (!push(*connection, batch, record_, &pushed)) connection = Failure{"lost"};
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (pushed[i].outcome == Outcome::kOk) continue;
      if (again.size() < kAgainMax) again.push_back(batch[i]);
    }
  }
}

}  // namespace orderd::chaos
