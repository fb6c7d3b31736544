// The orders stream shows what was requested: a producer whose connection broke does not know whether its request
// arrived.
#include "integration/sale.h"

#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>

#include "support/id_of.h"

namespace orderd::test {
namespace {

using namespace std::chrono_literals;
constexpr auto kPatience = 60s;
constexpr int kBatch = 40;
constexpr auto kPause = 8ms;

}  // namespace

std::unique_ptr<Process> start_orderd(const Words& environment) {
  return std::make_unique<Process>(Words{ORDERD_PATH}, ProcessOptions{.environment = environment});
}

int64_t info_number(valkey::SyncClient& client, const std::string& section, const std::string& name) {
  const std::string text = ask(client, {"INFO", section});
  const std::size_t at = text.find("\n" + name);
  return at == std::string::npos ? 0 : std::stoll(text.substr(at + 1 + name.size()));
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

std::unique_ptr<Process> Sale::daemon(const std::string& name, const Words& settings) {
  return start_orderd(joined(
      {"ORDERD_VALKEY_URL=" + url, "ORDERD_PROCESSING_NAME=" + name, "ORDERD_PROCESSING_LEASE=500ms"}, settings));
}

std::string Sale::stop() {
  end(*only);
  const std::string log = only->errors();
  only.reset();
  return log;
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

void Sale::run_producer(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  auto connection = valkey::SyncClient::connect(server.endpoint(), {});
  while (!stop.stop_requested()) {
    bool good = connection.ok();
    for (int i = 0; good && i < kBatch; ++i) {
      Words words = {"XADD", "orders", "*"};
      for (auto& [name, value] : request()) words.insert(words.end(), {name, value});
      connection->append(command_of(words));
    }
    for (int i = 0; good && i < kBatch; ++i) good = connection->read().ok();
    if (!good) connection = valkey::SyncClient::connect(server.endpoint(), {});
    std::unique_lock lock(mutex);
    wake.wait_for(lock, stop, kPause, [] { return false; });  // the rate; a stop wakes it
  }
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
    const auto newest = send(client(), command_of({"XREVRANGE", "orders", "+", "-", "COUNT", "1"}));
    REQUIRE_FALSE(newest->is_error());
    return id_of(position()) >= id_of(newest->at(0).at(0).text());
  };
  if (poll_until(settled, kPatience)) return;
  FAIL("not settled: ", results(), " results of ", length(client(), "orders"), " requests, position ", position(),
       ", active: '", owner(), "'");
}

Words Sale::errors_in_books(std::size_t results_min) {
  Words errors;
  const auto expect = [&](bool good, const std::string& error) {
    if (!good) errors.push_back(error);
  };
  std::map<std::string, int64_t> chain = stock_;
  std::map<std::string, const Entry*> by_id;
  std::set<std::string> accepted, answered;
  std::size_t malformed = 0;
  StreamId last;
  const std::vector<Entry> ledger = entries(client(), "results");
  for (const Entry& result : ledger) {
    by_id[result.id] = &result;
    const std::string status = result.field("status"), order = result.field("order");
    const StreamId request = id_of(result.field("request"));
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
