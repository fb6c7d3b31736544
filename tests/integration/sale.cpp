// The orders stream shows what was requested: a producer whose connection broke does not know whether its request
// arrived.
#include "integration/sale.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "support/entry_id.h"
#include "support/wait_for.h"

namespace orderd::test {
namespace {

using namespace std::chrono_literals;
constexpr auto kPatience = 60s;
constexpr int kBatch = 40;
constexpr auto kPause = 8ms;

}  // namespace

std::unique_ptr<Process> start_orderd(const std::vector<std::string>& environment) {
  return std::make_unique<Process>(std::vector<std::string>{ORDERD_PATH}, ProcessOptions{.environment = environment});
}

Sale::Sale(uint64_t seed, const ServerOptions& options)
    : server(options),
      random(seed),
      url("unix://" + server.endpoint().path),
      stock_{{"shoe", 1'000'000}, {"sock", 1'000'000}, {"hat", 500}},
      producer_random_(seed + 1) {
  reconnect();
  for (const auto& [sku, amount] : stock_) set(client(), "product:" + sku + ":stock", std::to_string(amount));
}

std::unique_ptr<Process> Sale::daemon(const std::string& name, const std::vector<std::string>& settings) {
  return start_orderd(joined(
      {"ORDERD_VALKEY_URL=" + url, "ORDERD_PROCESSING_NAME=" + name, "ORDERD_PROCESSING_LEASE=500ms"}, settings));
}

void Sale::produce() {
  stop_ = false;
  producer_ = std::thread([this] { run_producer(); });
}

void Sale::stop_producing() {
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  if (producer_.joinable()) producer_.join();
}

void Sale::sell(std::size_t more) {
  produce();
  wait_for_results(more);
  stop_producing();
  settle();
}

Fields Sale::request() {
  static constexpr const char* kSkus[] = {"shoe", "sock", "hat"};
  const std::size_t dice = producer_random_.number(100);
  const std::string sku = kSkus[producer_random_.number(3)];
  const std::string quantity = std::to_string(1 + producer_random_.number(3));
  if (dice < 5 && pushed_ > 0) {  // a retry, or another order with a used ID
    const std::size_t old = producer_random_.number(pushed_);
    return {{"id", "o-" + std::to_string(old)}, {"sku", sku}, {"quantity", quantity}};
  }
  if (dice < 8) return {{"id", "bad"}, {"sku", sku}, {"quantity", "-1"}};
  const std::string id = "o-" + std::to_string(pushed_++);
  if (dice >= 20) return {{"id", id}, {"sku", sku}, {"quantity", quantity}};
  return {{"order", R"({"id":")" + id + R"(","customer":"c","items":[{"sku":"shoe","quantity":1},{"sku":")" +
                        (dice % 2 == 0 ? "sock" : "hat") + R"(","quantity":2}]})"}};
}

void Sale::run_producer() {
  auto connection = valkey::SyncClient::connect(server.endpoint(), {});
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stop_) {
    lock.unlock();
    bool good = connection.ok();
    for (int i = 0; good && i < kBatch; ++i) {
      std::vector<std::string> words = {"XADD", "orders", "*"};
      for (auto& [name, value] : request()) words.insert(words.end(), {name, value});
      connection->append(command_of(words));
    }
    std::vector<std::string> ids;
    for (int i = 0; good && i < kBatch; ++i) {
      const auto reply = connection->read();
      good = reply.ok();
      if (good && reply.value().view().is_string()) ids.emplace_back(reply.value().view().text());
    }
    if (!good) connection = valkey::SyncClient::connect(server.endpoint(), {});
    lock.lock();
    acknowledged_.insert(acknowledged_.end(), ids.begin(), ids.end());
    wake_.wait_for(lock, kPause, [this] { return stop_; });
  }
}

std::vector<std::string> Sale::acknowledged() {
  const std::lock_guard<std::mutex> guard(mutex_);
  return acknowledged_;
}

void Sale::wait_for_results(std::size_t more) {
  const std::size_t aim = results() + more;
  wait_for([&] { return results() >= aim; }, kPatience, "more results");
}

std::string Sale::owner() {
  const std::string held = ask(client(), {"GET", "orders:owner"});
  return held.substr(0, held.find(' '));  // "<name> <token> <since> <lease>", and names here contain no spaces
}

void Sale::wait_for_owner(const std::string& name) {
  wait_for([&] { return owner() == name; }, kPatience, name + " to be active");
}

void Sale::settle() {
  const auto settled = [&] {
    const auto newest = ask(client(), {"EVAL",
                                       "local last = server.call('XREVRANGE', 'orders', '+', '-', 'COUNT', 1)[1] "
                                       "return last and last[1] or '0-0'",
                                       "0"});
    return EntryId::parse(position()) >= EntryId::parse(newest);
  };
  if (poll_until(settled, kPatience)) return;
  FAIL("not settled: ", results(), " results of ", length(client(), "orders"), " requests, position ", position(),
       ", active: '", owner(), "'");
}

std::vector<std::string> Sale::errors_in_books(std::size_t results_min) {
  std::vector<std::string> errors;
  const auto expect = [&](bool good, const std::string& error) {
    if (!good) errors.push_back(error);
  };
  std::map<std::string, int64_t> chain = stock_;
  std::map<std::string, const Entry*> by_id;
  std::set<std::string> accepted, answered;
  std::size_t malformed = 0;
  EntryId last;
  const std::vector<Entry> ledger = entries(client(), "results");
  for (const Entry& result : ledger) {
    by_id[result.id] = &result;
    const std::string status = result.field("status"), order = result.field("order");
    const EntryId request = EntryId::parse(result.field("request"));
    expect(request > last, "the result " + result.id + " of " + request.text() + " comes after " + last.text());
    last = request;
    answered.insert(result.field("request"));
    if (result.field("reason") == "malformed") ++malformed;
    if (status == "accepted") {
      expect(accepted.insert(order).second, "accepted twice: " + order);
      for (const auto& line : nlohmann::json::parse(result.field("lines"))) {
        int64_t& left = chain[line["sku"]];
        left -= line["quantity"].get<int64_t>();
        expect(left >= 0 && left == line["remaining"].get<int64_t>(), "the chain breaks at " + result.id);
      }
    }
    if (status == "duplicate") {
      const auto first = by_id.find(result.field("original"));
      expect(first != by_id.end() && first->second->field("order") == order &&
                 first->second->field("status") == result.field("outcome"),
             "the duplicate " + result.id + " does not point at a first decision");
    }
  }
  for (const Entry& request : entries(client(), "orders")) {
    expect(answered.contains(request.id), "no result for " + request.id);
  }
  for (const auto& [sku, left] : chain) {
    const std::string stock = get(client(), "product:" + sku + ":stock").value_or("none");
    expect(stock == std::to_string(left), "the stock of " + sku + " is " + stock + ", not " + std::to_string(left));
  }
  const std::size_t dead = length(client(), "orders:dead");
  expect(dead == malformed, std::to_string(dead) + " dead letters of " + std::to_string(malformed));
  expect(ledger.size() >= results_min, "only " + std::to_string(ledger.size()) + " results");
  return errors;
}

void Sale::check_books(std::size_t results_min) {
  for (const std::string& error : errors_in_books(results_min)) FAIL_CHECK(error);
}

void Sale::close_books(std::size_t more) {
  wait_for_results(more);
  stop_producing();
  settle();
  check_books();
}

}  // namespace orderd::test
