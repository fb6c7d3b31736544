// Each line of an entry shows what its key held, which must equal the model. After a violation the model continues from
// the entry, so that one error is reported once.
#include "audit/stock_model.h"

namespace orderd::audit {
namespace {

using Stock = StockModel::Stock;
using Kind = Stock::Kind;

Amount number(int64_t value) {
  return {Amount::Kind::kNumber, value};
}

std::string text_of(const Amount& amount) {
  return amount.is_number() ? std::to_string(amount.value) : "null";
}

}  // namespace

std::string Stock::text() const {
  switch (kind) {
    case Kind::kNumber: return std::to_string(value);
    case Kind::kAbsent: return "no key";
    case Kind::kBad: return "not a whole number";
    case Kind::kNothing: break;
  }
  return "no key, or not a whole number";
}

void StockModel::apply(Id id, const ResultEntry& entry) {
  Place place{id, entry.request, entry.order};
  if (entry.kind == ResultKind::kStock) return change({id, {}, {}, entry.lines.front().sku}, entry);
  if (entry.kind != ResultKind::kAccepted && entry.kind != ResultKind::kRefused) return;
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
    follow(place, "remaining and quantity make ", number(remaining + line.quantity.value)).value = remaining;
  }
}

// The entry saw `seen` at the stock key: a number, or null for none. `says` names the members that show it. Returns the
// stock, updated to agree.
Stock& StockModel::follow(const Place& place, const char* says, const Amount& seen) {
  findings_.looked(Check::kChainBroken);
  findings_.looked(Check::kNegativeStock);
  auto known = skus_.find(place.sku);
  const bool first = known == skus_.end();
  if (first) known = skus_.emplace(place.sku, Stock{}).first;
  Stock& stock = known->second;
  const bool was_number = !first && stock.kind == Kind::kNumber;
  if (first) {
    ++anchored_;
  } else if (seen.is_number() ? !was_number || stock.value != seen.value : was_number) {
    findings_.add(Check::kChainBroken, place, says + text_of(seen) + ", but there was " + stock.text());
  }
  if (seen.is_number()) stock = {Kind::kNumber, seen.value};
  if (!seen.is_number() && (first || was_number)) stock = {Kind::kNothing, 0};
  return stock;
}

void StockModel::refuse(Place place, const ResultEntry& entry) {
  std::string_view due;
  bool either = false;  // unknown_sku or bad_stock; the entry does not show which
  for (const ResultLine& line : entry.lines) {
    place.sku = line.sku;
    const int64_t available = line.available.value;
    if (available < 0) findings_.add(Check::kNegativeStock, place, std::to_string(available) + " are available");
    Stock& stock = follow(place, "available is ", line.available);
    const bool met = line.available.is_number() && available >= line.quantity.value;
    if (!due.empty() || met) continue;
    due = line.available.is_number() ? "insufficient_stock" : stock.kind == Kind::kAbsent ? "unknown_sku" : "bad_stock";
    either = stock.kind == Kind::kNothing;
    // The reason shows which of the two it was.
    if (either && entry.reason == "unknown_sku") stock.kind = Kind::kAbsent;
    if (either && entry.reason == "bad_stock") stock.kind = Kind::kBad;
  }
  place.sku = {};
  findings_.looked(Check::kRefusalUnjustified);
  findings_.looked(Check::kReasonDiffers);
  if (due.empty()) return findings_.add(Check::kRefusalUnjustified, place, "each line could be met");
  if (entry.reason == due || (either && entry.reason == "unknown_sku")) return;
  findings_.add(Check::kReasonDiffers, place,
                "the reason is " + std::string(entry.reason) + ", but the first line not met gives " +
                    std::string(either ? "unknown_sku or bad_stock" : due));
}

void StockModel::change(const Place& place, const ResultEntry& entry) {
  const ResultLine& line = entry.lines.front();
  const int64_t remaining = line.remaining.value;
  findings_.looked(Check::kStockEntryWrong);
  // If the stock before was unusable, quantity is the stock now, or null if the key was bad.
  const bool adds_up = line.before.is_number()
                           ? line.quantity.is_number() && line.before.value + line.quantity.value == remaining
                           : line.quantity.is_null() || line.quantity.value == remaining;
  if (!adds_up) {
    findings_.add(
        Check::kStockEntryWrong, place,
        text_of(line.before) + " and " + text_of(line.quantity) + " do not add up to " + std::to_string(remaining));
  }
  if (remaining < 0) findings_.add(Check::kNegativeStock, place, std::to_string(remaining) + " remain");
  Stock& stock = follow(place, "before is ", line.before);
  const bool was_bad = line.quantity.is_null();
  if (line.before.is_null() && stock.kind == (was_bad ? Kind::kAbsent : Kind::kBad)) {
    findings_.add(
        Check::kChainBroken, place,
        std::string("the entry saw ") + (was_bad ? "a bad key" : "no key") + ", but there was " + stock.text());
  }
  stock = {Kind::kNumber, remaining};
}

}  // namespace orderd::audit
