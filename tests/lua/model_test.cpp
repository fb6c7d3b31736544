// settle.lua, join.lua and stock.lua against a second implementation of their rules: random calls and random damage,
// replies and states compared after each.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "model.h"
#include "support/seed.h"

namespace orderd::test {
namespace {

constexpr int kHistories = 25;
constexpr int kSteps = 160;
const Words kSkus = {"shoe", "sock", "hat", "glove", "ghost"};
const Words kTexts = {"0", "7", "40", "1000", "9007199254740991", "007", "1e3", " 7", "", "-1", "9007199254740992"};

class History : public Shop {
 public:
  template <class List>
  auto pick(const List& list) {
    return list[random_.number(list.size())];
  }
  explicit History(uint64_t seed) : random_(seed) {
    CHECK(model_.join() == "0-0 0 0 created _ 0 0");
    for (const std::string& sku : kSkus) {
      if (sku != "ghost") put_stock(sku, random_.chance(50) ? "1000" : "30");
    }
  }
  void step() {
    switch (random_.number(20)) {
      case 0:
      case 1:
      case 2:
      case 3: push_some(); break;
      case 4: settle_wrong(); break;
      case 5: put_stock(pick(kSkus), pick(kTexts)); break;
      case 6: damage_stock(); break;
      case 7: damage_record(); break;
      case 8: change_stock_by_script(); break;
      case 9: damage_position(); break;
      case 10: damage_stream(); break;
      case 11: trim_results(); break;
      case 12: join_both(); break;
      default: settle_some();
    }
    compare();
  }
  // In every case there is at most one result of each entry.
  void check_once() {
    std::set<std::string> settled;
    for (const Entry& result : model_.results) {
      if (result.has("request")) CHECK_MESSAGE(settled.insert(result.field("request")).second, text_of(result));
    }
    CHECK(static_cast<std::size_t>(results().size()) == model_.results.size() - model_.trimmed);
  }

 private:
  Order random_order() {
    Order order{.id = "o-" + std::to_string(++made_), .lines = {}};
    if (random_.chance(30)) order.reply_to = random_.chance(50) ? "a" : "b";
    if (random_.chance(10)) order.elsewhere = "'shoe' belongs to lane 'c'";
    if (random_.chance(50)) order.customer = "c-" + std::to_string(random_.number(3));
    for (std::size_t i = random_.number(1, 4); i > 0; --i) {
      const std::string sku = pick(kSkus);
      const auto same = [&](const Line& line) { return line.sku == sku; };
      if (std::any_of(order.lines.begin(), order.lines.end(), same)) continue;
      order.lines.push_back({sku, random_.chance(2) ? "9007199254740991" : std::to_string(random_.number(1, 9))});
    }
    if (seen_.empty() || random_.chance(70)) return order;
    const Order& earlier = pick(seen_);
    if (random_.chance(70)) return earlier;  // a retry
    order.id = earlier.id;                   // or another order with its ID
    return order;
  }
  Request random_request() {
    if (random_.chance(15)) {
      return Malformed{.id = random_.chance(50) ? "x" : "",
                       .customer = random_.chance(30) ? "c" : "",
                       .raw = std::vector<std::string>(2 * random_.number(1, 5), "raw"),
                       .reply_to = random_.chance(30) ? "a" : ""};
    }
    seen_.push_back(random_order());
    return seen_.back();
  }
  // The generation of the stream is in the second half of an ID, so no ID repeats.
  void push_some() {
    for (std::size_t i = random_.number(1, 6); i > 0; --i) {
      next_ += static_cast<int>(random_.number(1, 3));
      const std::string id = std::to_string(next_) + "-" + std::to_string(generation_);
      const Request request = random_request();
      (void)push(request, id);
      model_.push(id, request);
    }
  }

  void settle_some() {
    Call next = rest();
    if (next.requests.empty()) return push_some();
    next.requests.resize(std::min(next.requests.size(), random_.number(1, 8)), next.requests.front());
    next.window = random_.chance(5) ? "0" : "86400000";
    settle_both(next);
    old_.push_back(next);
  }
  // A late call, or one with another previous position.
  void settle_wrong() {
    if (old_.empty()) return;
    Call wrong = pick(old_);
    if (random_.chance(30)) wrong.previous = std::to_string(random_.number(1, 500)) + "-0";
    if (wrong.previous == position_field("id")) return;
    settle_both(wrong);
  }
  void settle_both(const Call& call) {
    const std::string last = results().empty() ? "0-0" : results().back().id;
    REQUIRE(run(call) == model_.settle(call));
    const std::vector<Entry> written = entries(admin(), results_stream, "(" + last);
    REQUIRE(model_.confirm(written) == "");
    for (std::size_t i = 0; i < written.size(); ++i) {
      const std::string to = reply_to_of(call.requests[i].second);
      if (to.empty()) continue;
      REQUIRE(nlohmann::json::parse(at_server({"LPOP", reply_key(to)}))["result"] == written[i].id);
    }
    REQUIRE(at_server({"EXISTS", reply_key("a"), reply_key("b")}) == "0");
  }
  void join_both() { REQUIRE(join() == model_.join()); }

  void put_stock(const std::string& sku, const std::string& text) {
    stock(sku, text);
    model_.stock[sku] = text;
    model_.no_stock.erase(sku);
  }
  void damage_stock() {
    const std::string sku = pick(kSkus);
    (void)at_server({"DEL", stock_key(sku)});
    model_.stock.erase(sku);
    model_.no_stock.erase(sku);
    if (random_.chance(50)) return;
    (void)at_server({"LPUSH", stock_key(sku), "x"});
    model_.no_stock.insert(sku);
  }
  void damage_record() {
    if (seen_.empty()) return;
    const std::string id = pick(seen_).id;
    (void)at_server({"DEL", record_key(id)});
    model_.records.erase(id);
    model_.no_record.erase(id);
    switch (random_.number(4)) {
      case 0: return;
      case 1:
        (void)at_server({"HSET", record_key(id), "x", "y"});
        model_.no_record.insert(id);
        break;
      default: set(admin(), record_key(id), pick(kTexts));
    }
    model_.records[id] = std::nullopt;
  }
  void change_stock_by_script() {
    const std::string sku = pick(kSkus);
    const std::string amount = std::to_string(random_.number(100));
    (void)change_stock("set", sku, amount);
    model_.stock[sku] = amount;
    model_.no_stock.erase(sku);
    model_.results.push_back({results().back(), {}});
    REQUIRE(model_.confirm({results().back()}).empty());
  }
  // Always followed by a join, as the daemon does after 'moved'.
  void damage_position() {
    if (random_.chance(50)) {
      (void)at_server({"DEL", position});
      model_.position.reset();
    } else {
      const std::string there = std::to_string(random_.number(static_cast<std::size_t>(next_) + 50)) + "-7";
      move_to(there);
      model_.position->id = there;
    }
    // Without a result the position is unknown, as after a first start.
    const bool known = std::any_of(model_.results.begin() + static_cast<std::ptrdiff_t>(model_.trimmed),
                                   model_.results.end(), [](const Entry& result) { return result.has("request"); });
    if (!known) {
      (void)at_server({"DEL", position, orders});
      model_.position.reset();
      model_.stream = {};
    }
    join_both();
  }
  void damage_stream() {
    if (random_.chance(60)) {
      if (model_.stream.entries.empty()) return;
      const std::size_t at = random_.number(model_.stream.entries.size());
      (void)at_server({"XDEL", orders, model_.stream.entries[at].id});
      model_.stream.entries.erase(model_.stream.entries.begin() + static_cast<std::ptrdiff_t>(at));
      return;
    }
    (void)at_server({"DEL", orders});
    model_.stream = {};
    ++generation_;
    if (random_.chance(60)) next_ = static_cast<int>(random_.number(static_cast<std::size_t>(next_) + 1));
    if (random_.chance(70)) push_some();
    join_both();
  }
  // Like retention: the newest one that names a request stays.
  void trim_results() {
    std::size_t limit = model_.results.size();
    while (limit > model_.trimmed && !model_.results[limit - 1].has("request")) --limit;
    if (limit <= model_.trimmed + 1) return;
    model_.trimmed += random_.number(limit - model_.trimmed - 1);
    (void)at_server({"XTRIM", results_stream, "MINID", model_.results[model_.trimmed].id});
  }

  void compare() {
    for (const std::string& sku : kSkus) {
      if (model_.no_stock.contains(sku)) continue;
      const std::string expected = model_.stock.contains(sku) ? model_.stock[sku] : "none";
      REQUIRE(stock(sku) == expected);
    }
    REQUIRE(length(admin(), dead) == model_.letters);
    REQUIRE(position_field("id") == model_.position->id);
    REQUIRE(position_field("count") == std::to_string(model_.position->count));
    REQUIRE(position_field("result") == model_.position->result);
  }

  Random random_;
  Model model_;
  std::vector<Order> seen_;
  std::vector<Call> old_;
  int made_ = 0, next_ = 0, generation_ = 0;
};

}  // namespace

TEST_CASE("random calls and random damage end as a second implementation of the rules says") {
  const uint64_t seed = test_seed();
  for (uint64_t i = 0; i < kHistories; ++i) {
    CAPTURE(seed + i);
    History history(seed + i);
    for (int step = 0; step < kSteps; ++step) {
      CAPTURE(step);
      history.step();
    }
    history.check_once();
  }
}

}  // namespace orderd::test
