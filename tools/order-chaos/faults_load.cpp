// D1 to D5, L1, L2, L4: hostile and careless producers, overload, and one slow daemon.
#include "order-chaos/fault.h"

namespace orderd::chaos {
namespace {

using namespace std::chrono_literals;
using Kind::kSafe;
using Touches::kLoad;

Order malformed(test::Fields entry) {
  Order order;
  order.malformed = true;
  order.entry = std::move(entry);
  return order;
}

// Texts that are not JSON or not an order, one of each kind. The whole table is in tests/payloads.
Injected broken_json(Trial& trial, Daemon& /*daemon*/) {
  // clang-format off
  static const char* const kTexts[] = {
      "", " ", "[", "[1,]", "{\"id\":\"x\",}", "{\"id\":\"x\" \"sku\":\"s\"}", "nul", "[1e", "\"\\u00\"", "{'id':1}",
      "[\"\x01\"]", "\xff\xfe", "\xed\xa0\x80", "{\"id\":\"x\",\"sku\":\"s\",\"quantity\":1}x", "//",
      "{\"a\":\"b\"}#", "[0x1]", "[+1]", "[.5]", "[1.]", "[-]", "[01]", "[Infinity]", "[NaN]",
      "{\"id\":\"x\",\"sku\":\"s\",\"quantity\":1,\"quantity\":2}", "3", "\"text\"", "null", "true", "[]", "{}",
  };
  // clang-format on
  std::vector<Order> orders;
  for (int i = 0; i < 5; ++i) orders.push_back(malformed({{"order", kTexts[trial.random.number(std::size(kTexts))]}}));
  (void)trial.push(orders);
  return {};
}

Injected wrong_fields(Trial& trial, Daemon& /*daemon*/) {
  static const char* const kQuantities[] = {
      "0",       "-1", "1e3", "0x10", "2147483648", "9223372036854775808",  "1.0",
      "+5",      " 5", "5 ",  "05",   "",           "99999999999999999999", "five",
      "\xd9\xa3"};
  const std::string quantity = kQuantities[trial.random.number(std::size(kQuantities))];
  std::vector<Order> orders = {
      malformed({{"id", "d2"}, {"sku", "sku-1"}, {"quantity", quantity}}),
      malformed({{"id", "d2"}, {"sku", "sku-1"}, {"quantity", "1"}, {"quantity", "100"}}),
      malformed({{"id", "d2"}, {"sku", "a{b}"}, {"quantity", "1"}}),
      malformed({{"id", "d2"}, {"sku", "a b"}, {"quantity", "1"}}),
      malformed({{"id", "d2"}, {"sku", std::string("a\0b", 3)}, {"quantity", "1"}}),
      malformed({{"id", "d2"}, {"sku", std::string(60'000, 's')}, {"quantity", "1"}}),
      malformed({{"id", "\xc3\x28"}, {"sku", "sku-1"}, {"quantity", "1"}}),
      malformed({{"id", ""}, {"sku", "sku-1"}, {"quantity", "1"}}),
      malformed({{"", ""}}),
      malformed({{"order", R"({"id":"d2","sku":"sku-1","quantity":1})"}, {"sku", "sku-1"}}),
  };
  for (Order& order : orders) order.id = order.entry[0].first == "id" && order.entry[0].second == "d2" ? "d2" : "";
  (void)trial.push(orders);
  return {};
}

// Many requests at once, for this SKU.
Inject burst(std::size_t count, const std::string& sku) {
  return [count, sku](Trial& trial, Daemon&) {
    std::vector<Order> orders;
    for (std::size_t i = 0; i < count; ++i) orders.push_back(trial.probe(sku));
    (void)trial.push(orders);
    return Injected{};
  };
}

}  // namespace

const std::vector<Fault> kLoadFaults = {
    {"D1", "requests that are not JSON", kLoad, kSafe, broken_json},
    {"D2", "missing, repeated or wrong fields", kLoad, kSafe, wrong_fields},
    {"D3", "20,000 fields, a megabyte, 30,000 levels", kLoad, kSafe,
     [](Trial& trial, Daemon&) {
       test::Fields many;
       for (std::size_t i = trial.random.number(1000, 20'000); i > 0; --i)
         many.emplace_back("f" + std::to_string(i), "v");
       const std::string deep = std::string(30'000, '[') + std::string(30'000, ']');
       (void)trial.push(
           {malformed(many), malformed({{"order", std::string(1 << 20, ' ')}}), malformed({{"order", deep}})});
       return Injected{};
     }},
    // 64 lines, IDs of 128 bytes.
    {"D4", "the largest valid order", kLoad, kSafe,
     [](Trial& trial, Daemon&) {
       Order order = trial.probe();
       order.id.append(std::string(128 - order.id.size(), 'i'));
       order.customer = std::string(128, 'c');
       order.lines.clear();
       for (uint64_t i = 1; i <= 64; ++i) order.lines.emplace_back(i % 2 == 0 ? "sku-1" : "sku-2", i);
       write_entry(order, Form::kJson);
       (void)trial.push({order});
       return Injected{};
     }},
    // The same content twice, then other content, then the first content in the other form.
    {"D5", "one ID with two contents", kLoad, kSafe,
     [](Trial& trial, Daemon&) {
       const Order first = trial.probe();
       Order other = first, again = first;
       other.lines[0].second = 9;
       write_entry(other, Form::kFlat);
       write_entry(again, Form::kJson);
       (void)trial.push({first, first, other, again, other});
       return Injected{};
     }},
    {"L1", "4,000 requests at once", kLoad, kSafe, burst(4000, "probe")},
    {"L2", "500 requests for one SKU", kLoad, kSafe, burst(500, "sku-3")},
    // It runs 2 ms, then sleeps 200.
    {"L4", "one daemon a hundred times slower", Touches::kDaemon, kSafe,
     [](Trial&, Daemon& daemon) {
       daemon.stutter(4, 200ms);
       return Injected{};
     }},
};

}  // namespace orderd::chaos
