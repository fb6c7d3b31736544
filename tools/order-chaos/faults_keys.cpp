// V11: keys with a foreign value.
#include <stdexcept>

#include "order-chaos/fault.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

// A key is renamed for a while, with a value of another type in its place.
Injected in_the_way(Trial& trial, const std::string& key) {
  const bool list = trial.random.chance(50);
  (void)trial.run(R"(
      if server.call('EXISTS', ARGV[1]) == 1 then server.call('RENAME', ARGV[1], ARGV[2]) end
      if ARGV[3] == 'list' then
        server.call('RPUSH', ARGV[1], 'in the way')
      else
        server.call('SET', ARGV[1], 'in the way')
      end
      return {})",
                  {key, key + ":aside", list ? "list" : "string"});
  return {trial.between(50, 600), [&trial, key] {
            (void)trial.run(R"(
                server.call('DEL', ARGV[1])
                if server.call('EXISTS', ARGV[2]) == 1 then server.call('RENAME', ARGV[2], ARGV[1]) end
                return {})",
                            {key, key + ":aside"});
          }};
}

// Stock on sale: orders for it are answered with bad_stock meanwhile.
Injected stock_in_the_way(Trial& trial) {
  const auto stock = OrderSource::stock();
  return in_the_way(trial, "product:" + stock[trial.random.number(stock.size())].first + ":stock");
}

// A foreign value at the key of an order's record: the order is answered with bad_record, and nothing waits for it.
Injected record_in_the_way(Trial& trial) {
  static const std::vector<std::vector<std::string>> kForeign = {
      {"RPUSH", "in the way"}, {"SET", "in the way"}, {"SET", ""}, {"SET", "7"}, {"SADD", "in the way"}};
  const Order order = trial.probe();
  const std::string key = "orders:order:" + order.id;
  std::vector<std::string> words = kForeign[trial.random.number(kForeign.size())];
  words.insert(words.begin() + 1, key);
  (void)trial.ask(words);
  trial.record.foreign_records[order.id] = false;
  const std::string request = trial.push(order).entry.text();
  return {trial.between(50, 600), [&trial, key, order, request] {
            const bool answered = trial.tailer->has(request);
            (void)trial.ask({"DEL", key});
            if (answered) trial.record.foreign_records[order.id] = true;
          }};
}

// An SKU whose stock key holds an invalid value, later fixed with orderctl stock set.
Injected bad_stock(Trial& trial) {
  static const std::vector<std::vector<std::string>> kBad = {{},
                                                             {"SET", "seven"},
                                                             {"SET", "1e3"},
                                                             {"SET", "-4"},
                                                             {"SET", "007"},
                                                             {"SET", "9007199254740992"},
                                                             {"SET", "99999999999999999999"},
                                                             {"RPUSH", "7"}};
  Order order = trial.probe();
  const std::string sku = "odd-" + order.id;
  std::vector<std::string> words = kBad[trial.random.number(kBad.size())];
  if (!words.empty()) {
    words.insert(words.begin() + 1, "product:" + sku + ":stock");
    (void)trial.ask(words);
  }
  order.lines = {{sku, 1}};
  write_entry(order, Form::kJson);
  Order mixed = trial.probe();
  mixed.lines.emplace_back(sku, 2);
  write_entry(mixed, Form::kJson);
  (void)trial.push({order, mixed});
  return {trial.between(20, 100), [&trial, sku] {
            test::ProcessOptions options;
            options.environment = {"ORDERD_VALKEY_URL=unix://" + trial.server.endpoint().path};
            test::Process stock({trial.programs.orderctl, "stock", "set", sku, "10", "--reason", "repaired"}, options);
            if (stock.wait() != 0) throw std::runtime_error("orderctl stock set: " + stock.errors());
            Order good = trial.probe();
            good.lines = {{sku, 3}};
            write_entry(good, Form::kFlat);
            (void)trial.push(good);
          }};
}

}  // namespace

std::vector<Fault> key_faults() {
  const auto row = [](const char* name, const char* part, OfServer inject) {
    return state_fault("V11", name, part, Kind::kSafe, std::move(inject));
  };
  const auto at = [](const char* key) { return [key](Trial& trial) { return in_the_way(trial, key); }; };
  return {
      row("foreign value at the results key", "results", at("results")),
      row("foreign value at the dead-letter key", "dead", at("orders:dead")),
      row("foreign value at the position key", "stream", at("orders:position")),
      row("foreign value at an order's record", "record", record_in_the_way),
      row("foreign value at the stock of an SKU on sale", "stock", stock_in_the_way),
      row("invalid stock value, then fixed", "results", bad_stock),
  };
}

}  // namespace orderd::chaos
