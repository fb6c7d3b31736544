// Each line of an entry shows what its key held, which must equal the model. After a violation the model continues from
// the entry, so that one error is reported once. The keys are read a few hundred at a time.
#include <algorithm>
#include <unordered_map>

#include "audit/checks.h"

namespace orderd::audit {
namespace {

using valkey::Command;
using valkey::Reply;

constexpr std::size_t kStockKeysAtOnce = 200;

// What a key should hold, or holds.
struct Stock {
  enum class Kind : uint8_t {
    kNumber,
    kAbsent,   // no key
    kBad,      // not a whole number
    kNothing,  // either of these two
  };
  Kind kind = Kind::kNothing;
  int64_t value = 0;

  [[nodiscard]] std::string text() const {
    if (kind == Kind::kNumber) return std::to_string(value);
    return kind == Kind::kAbsent ? "no key"
           : kind == Kind::kBad  ? "not a whole number"
                                 : "no key, or not a whole number";
  }
  [[nodiscard]] bool allows(const Stock& held) const {
    if (kind == Kind::kNothing) return held.kind != Kind::kNumber;
    return kind == held.kind && value == held.value;
  }
};

Stock stock_of(const Reply& reply) {
  if (reply.is_nil()) return {Stock::Kind::kAbsent, 0};
  const auto number = whole_of(reply.is_string() ? reply.text() : std::string_view());
  const bool good = number && *number <= kMaxWhole;
  return good ? Stock{Stock::Kind::kNumber, static_cast<int64_t>(*number)} : Stock{Stock::Kind::kBad, 0};
}

std::string text_of(const Amount& amount) {
  return amount.is_number() ? std::to_string(amount.value) : "null";
}

class StockChecker : public Checker {
 public:
  using Checker::Checker;

  void take(Step& step) override {
    if (step.good) apply(step.entry);
  }

  void end() override {
    if (task_.options.to) {
      findings_.not_checked("stock keys", "results after --to were not read", skus_.size());
    } else {
      compare_keys();
    }
    findings_.not_checked("stock before the first entry of an SKU", "the ledger does not show the stock before it",
                          anchored_);
    task_.counts.skus = skus_.size();
  }

 private:
  void apply(const ResultEntry& entry) {
    if (entry.kind == ResultKind::kStock) return change({entry.id, {}, {}, entry.lines[0].sku}, entry.lines[0]);
    if (!entry.decided()) return;
    Place place = entry.place();
    bool good = true;
    for (const ResultLine& line : entry.lines) {
      place.sku = line.sku;
      findings_.looked(Check::kBadQuantity);
      if (line.quantity.value >= 1) continue;
      good = false;
      findings_.add(Check::kBadQuantity, place, "the quantity is " + std::to_string(line.quantity.value));
    }
    if (!good) return;
    if (entry.kind == ResultKind::kRefused) return refuse(place, entry);
    for (const ResultLine& line : entry.lines) {
      place.sku = line.sku;
      const int64_t remaining = line.remaining.value;
      if (remaining < 0) findings_.add(Check::kNegativeStock, place, std::to_string(remaining) + " remain");
      const Amount before{Amount::Kind::kNumber, remaining + line.quantity.value};
      follow(place, "remaining and quantity make ", before).value = remaining;
    }
  }

  // The entry saw `seen` at the stock key: a number, or null for none. `says` names the members that show it. Returns
  // the stock, updated to agree.
  Stock& follow(const Place& place, const char* says, const Amount& seen) {
    findings_.looked(Check::kChainBroken);
    findings_.looked(Check::kNegativeStock);
    auto known = skus_.find(place.sku);
    const bool first = known == skus_.end();
    if (first) known = skus_.emplace(place.sku, Stock{}).first;
    Stock& stock = known->second;
    const bool was_number = !first && stock.kind == Stock::Kind::kNumber;
    if (first) {
      ++anchored_;
    } else if (seen.is_number() ? !was_number || stock.value != seen.value : was_number) {
      findings_.add(Check::kChainBroken, place, says + text_of(seen) + ", but there was " + stock.text());
    }
    if (seen.is_number()) stock = {Stock::Kind::kNumber, seen.value};
    if (!seen.is_number() && (first || was_number)) stock = {Stock::Kind::kNothing, 0};
    return stock;
  }

  void refuse(Place place, const ResultEntry& entry) {
    std::string_view due;
    bool either = false;  // unknown_sku or bad_stock; the entry does not show which
    for (const ResultLine& line : entry.lines) {
      place.sku = line.sku;
      const int64_t available = line.available.value;
      if (available < 0) findings_.add(Check::kNegativeStock, place, std::to_string(available) + " are available");
      Stock& stock = follow(place, "available is ", line.available);
      const bool met = line.available.is_number() && available >= line.quantity.value;
      if (!due.empty() || met) continue;
      due = line.available.is_number()           ? "insufficient_stock"
            : stock.kind == Stock::Kind::kAbsent ? "unknown_sku"
                                                 : "bad_stock";
      either = stock.kind == Stock::Kind::kNothing;
      // The reason shows which of the two it was.
      if (either && entry.reason == "unknown_sku") stock.kind = Stock::Kind::kAbsent;
      if (either && entry.reason == "bad_stock") stock.kind = Stock::Kind::kBad;
    }
    findings_.looked(Check::kRefusalUnjustified);
    findings_.looked(Check::kReasonDiffers);
    if (due.empty()) return findings_.add(Check::kRefusalUnjustified, entry.place(), "each line could be met");
    if (entry.reason == due || (either && entry.reason == "unknown_sku")) return;
    findings_.add(Check::kReasonDiffers, entry.place(),
                  "the reason is " + std::string(entry.reason) + ", but the first line not met gives " +
                      std::string(either ? "unknown_sku or bad_stock" : due));
  }

  void change(const Place& place, const ResultLine& line) {
    const std::string remaining = text_of(line.remaining);
    findings_.looked(Check::kStockEntryWrong);
    // If the stock before was unusable, quantity is the stock now, or null if the key was bad.
    const bool adds_up =
        line.before.is_number()
            ? line.quantity.is_number() && line.before.value + line.quantity.value == line.remaining.value
            : line.quantity.is_null() || line.quantity.value == line.remaining.value;
    if (!adds_up) {
      findings_.add(Check::kStockEntryWrong, place,
                    text_of(line.before) + " and " + text_of(line.quantity) + " do not add up to " + remaining);
    }
    if (line.remaining.value < 0) findings_.add(Check::kNegativeStock, place, remaining + " remain");
    Stock& stock = follow(place, "before is ", line.before);
    const bool was_bad = line.quantity.is_null();
    if (line.before.is_null() && stock.kind == (was_bad ? Stock::Kind::kAbsent : Stock::Kind::kBad)) {
      findings_.add(Check::kChainBroken, place,
                    (was_bad ? "the entry saw a bad key, but there was " : "the entry saw no key, but there was ") +
                        stock.text());
    }
    stock = {Stock::Kind::kNumber, line.remaining.value};
  }

  // Each key is read in one step with the results after the last one applied; they are applied before the comparison.
  void compare_keys() {
    Id newest = horizon_.to;
    const std::string& results = task_.options.names.results;
    ResultDecoder decoder;
    ResultEntry entry;
    const auto apply_newer = [&](const RawEntry& raw) {
      newest = raw.id;
      if (decoder.decode(raw, entry) == nullptr) apply(entry);
    };
    // The names have stable addresses while the model grows.
    std::vector<std::string_view> skus;
    for (const auto& [sku, stock] : skus_) skus.push_back(sku);
    for (std::size_t from = 0; from < skus.size() && !task_.link.failure(); from += kStockKeysAtOnce) {
      // Applies most of the new results first, so that few are left for the step that compares.
      Cursor(task_.link, results, after(newest), kLastId).each(apply_newer);
      const std::size_t count = std::min(kStockKeysAtOnce, skus.size() - from);
      std::vector<Command> commands;
      for (std::size_t i = 0; i < count; ++i) {
        commands.push_back(Command::of("GET", task_.options.stock_key(skus[from + i])));
      }
      commands.push_back(Command::of("XRANGE", results, after(newest).text(), "+"));
      const auto replies = task_.link.ask_at_once(commands);
      RawEntry raw;
      const Reply last = replies->at(count);
      for (std::size_t i = 0; i < last.size() && read_entry(last.at(i), raw); ++i) apply_newer(raw);
      for (std::size_t i = 0; i < count; ++i) {
        const Reply reply = replies->at(i);
        if (!reply.text().starts_with("WRONGTYPE")) task_.link.fails(reply);
        findings_.looked(Check::kStockKeyDiffers);
        const std::string_view sku = skus[from + i];
        const Stock& due = skus_.find(sku)->second;
        const Stock held = stock_of(reply);
        if (due.allows(held)) continue;
        findings_.add(
            Check::kStockKeyDiffers, {{}, {}, {}, sku},
            "the ledger ends with " + due.text() + ", '" + task_.options.stock_key(sku) + "' holds " + held.text());
      }
    }
  }

  struct Hash {
    using is_transparent = void;  // NOLINT(readability-identifier-naming): the library looks for this name
    std::size_t operator()(std::string_view text) const { return hash_of(text); }
  };
  std::unordered_map<std::string, Stock, Hash, std::equal_to<>> skus_;
  uint64_t anchored_ = 0;  // SKUs whose first entry was not checked, because it shows only the stock at the start
};

}  // namespace

CheckerPtr check_stock(const Task& task) {
  return std::make_unique<StockChecker>(task);
}

}  // namespace orderd::audit
