// Pushes a batch every 10 ms. Pushes without a reply, or with an error, are retried in later batches.
#include "order-chaos/producer.h"

#include <deque>

#include "order-chaos/pace.h"
#include "support/valkey_helpers.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;
constexpr auto kBeat = 10ms;
constexpr std::size_t kAgainMax = 200;  // more are dropped

}  // namespace

const valkey::SyncClient::Options kProducerTimeouts = {
    .name = "producer", .connect_timeout = 500ms, .reply_timeout = 1000ms};

bool push(valkey::SyncClient& client, const std::string& stream, const std::vector<Order>& orders, Record& record,
          std::vector<Pushed>* pushed) {
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
      if (outcome.outcome == Outcome::kOk) outcome.entry = EntryId::parse((*reply)->text());
      if (outcome.outcome == Outcome::kFail)
        moved = moved || (*reply)->text().starts_with("MOVED") || (*reply)->text().starts_with("READONLY");
    }
    record.add(order, outcome.outcome, outcome.entry);
    if (pushed != nullptr) pushed->push_back(outcome);
  }
  return good && !moved;
}

Producer::Producer(Target target, OrderSource source, Record& record)
    : target_(std::move(target)), source_(std::move(source)), record_(record) {
  thread_ = std::thread([this] { run(); });
}

Producer::~Producer() {
  stop_ = true;
  thread_.join();
}

void Producer::run() {
  using Clock = std::chrono::steady_clock;
  std::deque<Order> again;
  Result<valkey::SyncClient> connection = Failure{"none yet"};
  auto next = Clock::now();
  auto asked = next;
  double owed = 0;  // orders to push
  while (!stop_) {
    next += kBeat;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(next - Clock::now());
    if (left > 0ms) let_pass(left);
    // After a long wait it does not make up for missed batches.
    next = std::max(next, Clock::now() - kBeat);
    const std::lock_guard<std::mutex> turn(turn_);
    const bool ask = target_.ask_again > 0ms && Clock::now() - asked > target_.ask_again;
    if (!connection || ask) {
      connection = target_.connect();
      asked = Clock::now();
    }
    if (!connection) continue;
    std::vector<Order> batch(again.begin(), again.end());
    again.clear();
    for (owed += target_.per_second * std::chrono::duration<double>(kBeat).count(); owed >= 1; --owed)
      batch.push_back(source_.next());
    std::vector<Pushed> pushed;
    if (!push(*connection, target_.stream, batch, record_, &pushed)) connection = Failure{"lost"};
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (pushed[i].outcome != Outcome::kOk && again.size() < kAgainMax) again.push_back(batch[i]);
    }
  }
}

}  // namespace orderd::chaos
