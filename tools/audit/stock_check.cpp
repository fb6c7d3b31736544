// Each line of an entry shows what its key held, which must equal the model. After a violation the model continues from
// the entry, so that one error is reported once. The keys are read a few hundred at a time.
#include <algorithm>
#include <unordered_map>

#include "audit/checks.h"

namespace orderd::audit {
namespace {

using valkey::Command;
using valkey::Reply;
using Kind = Amount::Kind;

constexpr std::size_t kStockKeysAtOnce = 200;

Amount held_by(const Reply& key) {
  if (key.is_nil()) return {Kind::kAbsent};
  const auto number = whole_of(key.is_string() ? key.text() : std::string_view());
  return number && *number <= kMaxWhole ? Amount{Kind::kNumber, static_cast<int64_t>(*number)} : Amount{Kind::kBad};
}

bool agree(const Amount& one, const Amount& other) {
  if (one.kind == Kind::kNull || other.kind == Kind::kNull) return !one.is_number() && !other.is_number();
  return one.kind == other.kind && one.value == other.value;
}

std::string text_of(const Amount& stock) {
  if (stock.is_number()) return std::to_string(stock.value);
  return stock.kind == Kind::kAbsent ? "no key"
         : stock.kind == Kind::kBad  ? "not a whole number"
                                     : "no key, or not a whole number";
}

std::string member_text(const Amount& member) {
  return member.is_number() ? std::to_string(member.value) : "null";
}

class StockChecker : public Checker {
 public:
  using Checker::Checker;

  void take(ResultEntry& result) override { apply(result); }

  void end() override {
    if (horizon_.ends_early()) {
      findings_.not_checked("stock keys", "results after --to were not read", skus_.size());
    } else {
      compare_keys();
    }
    findings_.not_checked("stock before the first entry of an SKU", "the ledger does not show the stock before it",
                          anchored_);
    counts_.skus = skus_.size();
  }

 private:
  void apply(const ResultEntry& entry) {
    newest_ = entry.id;
    if (!entry.good()) return;
    if (entry.kind == ResultKind::kStock) return change({entry.id, {}, {}, entry.lines[0].sku}, entry.lines[0]);
    if (!entry.decided()) return;
    Place place = entry.place();
    bool good = true;
    for (const ResultLine& line : entry.lines) {
      place.sku = line.sku;
      findings_.looked("bad_quantity");
      if (line.quantity.value >= 1) continue;
      good = false;
      findings_.add("bad_quantity", place, "the quantity is " + std::to_string(line.quantity.value));
    }
    if (!good) return;
    if (entry.kind == ResultKind::kRefused) return refuse(place, entry);
    for (const ResultLine& line : entry.lines) {
      place.sku = line.sku;
      const Amount before{Kind::kNumber, line.remaining.value + line.quantity.value};
      follow(place, "remaining and quantity make ", before, line.remaining);
    }
  }

  // The entry saw `seen` at the stock key, as the members that `says` names show, and left `left`. Returns the stock.
  Amount& follow(const Place& place, const char* says, const Amount& seen, const Amount& left) {
    findings_.looked("negative_stock");
    findings_.looked("chain_broken");
    if (left.value < 0) findings_.add("negative_stock", place, "the stock is " + std::to_string(left.value));
    auto known = skus_.find(place.sku);
    if (known == skus_.end()) {
      known = skus_.emplace(place.sku, seen).first;
      ++anchored_;
    }
    Amount& stock = known->second;
    if (!agree(stock, seen)) {
      const bool no_number = seen.kind == Kind::kAbsent || seen.kind == Kind::kBad;
      findings_.add("chain_broken", place,
                    (no_number ? "the entry saw " + text_of(seen) : says + member_text(seen)) + ", but there was " +
                        text_of(stock));
    }
    if (stock.is_number() || left.is_number()) stock = left;
    return stock;
  }

  void refuse(Place place, const ResultEntry& entry) {
    std::string_view due;
    bool either = false;  // unknown_sku or bad_stock; the entry does not show which
    for (const ResultLine& line : entry.lines) {
      place.sku = line.sku;
      Amount& stock = follow(place, "available is ", line.available, line.available);
      const bool met = stock.is_number() && stock.value >= line.quantity.value;
      if (!due.empty() || met) continue;
      due = stock.is_number() ? "insufficient_stock" : stock.kind == Kind::kAbsent ? "unknown_sku" : "bad_stock";
      either = stock.kind == Kind::kNull;
      // The reason shows which of the two it was.
      if (either && entry.reason == "unknown_sku") stock.kind = Kind::kAbsent;
      if (either && entry.reason == "bad_stock") stock.kind = Kind::kBad;
    }
    findings_.looked("refusal_unjustified");
    findings_.looked("reason_differs");
    if (due.empty()) return findings_.add("refusal_unjustified", entry.place(), "each line could be met");
    if (entry.reason == due || (either && entry.reason == "unknown_sku")) return;
    findings_.add("reason_differs", entry.place(),
                  "the reason is " + std::string(entry.reason) + ", but the first line not met gives " +
                      std::string(either ? "unknown_sku or bad_stock" : due));
  }

  void change(const Place& place, const ResultLine& line) {
    findings_.looked("stock_entry_wrong");
    // If there was no number before, quantity is the stock now, or null if the key was bad.
    const bool was_bad = !line.before.is_number() && !line.quantity.is_number();
    const bool adds_up = line.quantity.is_number() && line.before.value + line.quantity.value == line.remaining.value;
    if (!was_bad && !adds_up) {
      findings_.add("stock_entry_wrong", place,
                    member_text(line.before) + " and " + member_text(line.quantity) + " do not add up to " +
                        member_text(line.remaining));
    }
    const Amount seen = line.before.is_number() ? line.before : Amount{was_bad ? Kind::kBad : Kind::kAbsent};
    follow(place, "before is ", seen, line.remaining);
  }

  void compare_keys() {
    // The names have stable addresses while the model grows.
    std::vector<std::string_view> skus;
    for (const auto& [sku, stock] : skus_) skus.push_back(sku);
    for (auto from = skus.cbegin(); from != skus.cend() && !task_.link.failure();) {
      const auto to = from + std::min<std::ptrdiff_t>(kStockKeysAtOnce, skus.cend() - from);
      compare_keys({from, to});
      from = to;
    }
  }

  // Reads the keys and which result is the newest in one step. Results up to this one are applied, then compared.
  void compare_keys(const std::vector<std::string_view>& skus) {
    std::vector<Command> commands;
    for (const std::string_view sku : skus) commands.push_back(Command::of("GET", task_.options.stock_key(sku)));
    commands.push_back(Command::of("XREVRANGE", task_.options.results, "+", "-", "COUNT", 1));
    const auto replies = task_.link.ask_at_once(commands);
    const Id last = id_of(replies->at(skus.size()).at(0).at(0).text()).value_or(newest_);
    ResultCursor newer(task_.link, task_.options.results, after(newest_), last);
    while (const ResultEntry* const result = newer.next()) apply(*result);
    for (std::size_t i = 0; i < skus.size(); ++i) {
      const Reply reply = replies->at(i);
      if (!reply.text().starts_with("WRONGTYPE")) task_.link.fails(reply);
      findings_.looked("stock_key_differs");
      const Amount& due = skus_.find(skus[i])->second;
      const Amount held = held_by(reply);
      if (agree(due, held)) continue;
      findings_.add("stock_key_differs", {{}, {}, {}, skus[i]},
                    "the ledger ends with " + text_of(due) + ", '" + task_.options.stock_key(skus[i]) + "' holds " +
                        text_of(held));
    }
  }

  struct Hash {
    using is_transparent = void;  // NOLINT(readability-identifier-naming): the library looks for this name
    std::size_t operator()(std::string_view text) const { return hash_of(text); }
  };
  std::unordered_map<std::string, Amount, Hash, std::equal_to<>> skus_;
  Id newest_ = horizon_.to;  // result applied
  uint64_t anchored_ = 0;    // SKUs whose first entry was not checked, because it shows only the stock at the start
};

}  // namespace

CheckerPtr check_stock(const Task& task) {
  return std::make_unique<StockChecker>(task);
}

}  // namespace orderd::audit
