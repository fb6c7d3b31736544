// settle.lua against a model of twenty lines: random orders, retries and reused ids must end alike.
#include <algorithm>

#include "shop.h"
#include "support/seed.h"

namespace orderd::test {
namespace {

constexpr int kRequests = 4000;

// What the shop should do, without a server.
struct Model {
  std::map<std::string, uint64_t> stock;
  std::map<std::string, std::pair<std::string, bool>> decided;  // by id: content, and was it accepted?

  std::string settle(const std::string& id, const std::vector<Line>& lines, const std::string& content) {
    if (const auto first = decided.find(id); first != decided.end()) {
      return first->second.first == content ? "duplicate" : "id_reused";
    }
    std::string verdict = "accepted";
    for (const Line& line : lines) {
      const auto have = stock.find(line.sku);
      if (verdict != "accepted") break;
      if (have == stock.end())
        verdict = "unknown_sku";
      else if (have->second < std::stoull(line.quantity))
        verdict = "insufficient_stock";
    }
    decided[id] = {content, verdict == "accepted"};
    if (verdict != "accepted") return verdict;
    for (const Line& line : lines) stock[line.sku] -= std::stoull(line.quantity);
    return verdict;
  }
};

std::string content_of(const Order& order) {
  std::string content = order.customer;
  for (const Line& line : order.lines) content += "|" + line.sku + "*" + line.quantity;
  return content;
}

// One to three lines, no SKU twice. One SKU in five is not there at all.
Order random_order(Random& random, const std::string& id) {
  static const std::vector<std::string> kSkus = {"shoe", "sock", "hat", "glove", "ghost"};
  Order order{.id = id, .lines = {}, .customer = random.chance(50) ? "c-" + std::to_string(random.number(3)) : ""};
  std::size_t sku = random.number(random.chance(20) ? kSkus.size() : kSkus.size() - 1);
  for (std::size_t i = random.number(1, 3); i > 0; --i) {
    order.lines.push_back({kSkus[sku], std::to_string(random.number(1, 9))});
    sku = (sku + 1) % (kSkus.size() - 1);
    if (std::any_of(order.lines.begin(), order.lines.end(), [&](const Line& line) { return line.sku == kSkus[sku]; }))
      break;
  }
  return order;
}

// Takes the order's lines out of `left`, and writes them as the ledger has to.
std::string lines_after(const Order& order, std::map<std::string, uint64_t>& left) {
  std::string text;
  for (const Line& line : order.lines) {
    left[line.sku] -= std::stoull(line.quantity);
    text += (text.empty() ? "[" : ",") + (R"({"sku":")" + line.sku) + R"(","quantity":)" + line.quantity +
            R"(,"remaining":)" + std::to_string(left[line.sku]) + "}";
  }
  return text + "]";
}

}  // namespace

TEST_CASE_FIXTURE(Shop, "random orders end as the model says and the ledger adds up") {
  Random random(test_seed());
  Model model;
  for (const std::string sku : {"shoe", "sock", "hat", "glove"}) {
    model.stock[sku] = random.number(5000);
    stock(sku, std::to_string(model.stock[sku]));
  }
  auto left = model.stock;  // as the ledger goes on
  std::vector<Order> seen;
  for (int i = 0; i < kRequests; ++i) {
    Order order = random_order(random, "o-" + std::to_string(i));
    if (!seen.empty() && random.chance(30)) {
      const Order& earlier = seen[random.number(seen.size())];
      if (random.chance(70)) order = earlier;  // a retry
      order.id = earlier.id;                   // or else another order under its id
    }
    seen.push_back(order);
    const std::string request = deliver();
    const std::string expected = model.settle(order.id, order.lines, content_of(order));
    REQUIRE(settle(request, order) == expected);
    if (random.chance(5)) {
      const std::string again = settle(request, order);
      REQUIRE(again == "stale");
    }
  }
  CHECK(pending() == 0);
  for (const auto& [sku, count] : model.stock) CHECK(stock(sku) == std::to_string(count));

  const auto written = results();
  REQUIRE(written.size() == kRequests);
  std::map<std::string, Entry> first;  // results by order id
  for (std::size_t i = 0; i < written.size(); ++i) {
    const Entry& result = written[i];
    const Order& order = seen[i];
    REQUIRE(result.field("request") == std::to_string(i + 1) + "-0");
    REQUIRE(result.field("order") == order.id);
    REQUIRE(result.field("customer") == order.customer);
    if (result.field("status") == "accepted") REQUIRE(result.field("lines") == lines_after(order, left));
    const auto [original, is_first] = first.try_emplace(order.id, result);
    if (!is_first && result.field("status") == "duplicate") {
      REQUIRE(result.field("original") == original->second.id);
      REQUIRE(result.field("outcome") == original->second.field("status"));
    }
  }
  CHECK(left == model.stock);
}

}  // namespace orderd::test
