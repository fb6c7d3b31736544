// After a violation the model continues from what the entry says, so that one fault is reported once.
#include "audit/stock_model.h"

namespace orderd::audit {
namespace {

using Stock = StockModel::Stock;
using Kind = Stock::Kind;

Stock number(int64_t value) {
  return {Kind::kNumber, value};
}

// Is `seen`, a number or null, what a key that holds `stock` shows?
bool agrees(const Stock& stock, const Amount& seen) {
  if (seen.is_number()) return stock.kind == Kind::kNumber && stock.value == seen.value;
  return stock.kind != Kind::kNumber;
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

void StockModel::found(Check check, const Place& place, std::string_view sku, std::string detail) {
  const bool has_request = place.entry.kind != ResultKind::kStock;
  findings_.add({check, place.id.text(), has_request ? place.entry.request.text() : "", std::string(place.entry.order),
                 std::string(sku), std::move(detail)});
}

void StockModel::put(Stock* stock, std::string_view sku, Stock now) {
  if (stock != nullptr) {
    *stock = now;
  } else {
    skus_.emplace(sku, now);
  }
}

void StockModel::apply(Id id, const ResultEntry& entry) {
  const Place place{id, entry};
  switch (entry.kind) {
    case ResultKind::kAccepted:
      if (good_quantities(place)) take(place);
      break;
    case ResultKind::kRefused:
      if (good_quantities(place)) refuse(place);
      break;
    case ResultKind::kStock: change(place); break;
    default: break;
  }
}

bool StockModel::good_quantities(const Place& place) {
  bool good = true;
  for (const ResultLine& line : place.entry.lines) {
    findings_.looked(Check::kBadQuantity);
    if (line.quantity.value >= 1) continue;
    good = false;
    found(Check::kBadQuantity, place, line.sku, "the quantity is " + std::to_string(line.quantity.value));
  }
  return good;
}

void StockModel::take(const Place& place) {
  for (const ResultLine& line : place.entry.lines) {
    const int64_t remaining = line.remaining.value;
    findings_.looked(Check::kChainBroken);
    findings_.looked(Check::kNegativeStock);
    if (remaining < 0) found(Check::kNegativeStock, place, line.sku, std::to_string(remaining) + " remain");
    Stock* const stock = known(line.sku);
    if (stock == nullptr) {
      ++anchored_;
    } else if (stock->kind != Kind::kNumber || stock->value - line.quantity.value != remaining) {
      found(Check::kChainBroken, place, line.sku,
            "remaining is " + std::to_string(remaining) + ", but there was " + stock->text() + " and " +
                std::to_string(line.quantity.value) + " were sold");
    }
    put(stock, line.sku, number(remaining));
  }
}

void StockModel::refuse(const Place& place) {
  std::string_view due;
  bool either = false;  // unknown_sku or bad_stock: which one is not known
  for (const ResultLine& line : place.entry.lines) {
    findings_.looked(Check::kChainBroken);
    findings_.looked(Check::kNegativeStock);
    if (line.available.is_number() && line.available.value < 0) {
      found(Check::kNegativeStock, place, line.sku, std::to_string(line.available.value) + " are available");
    }
    Stock* const stock = known(line.sku);
    if (stock == nullptr) {
      ++anchored_;
    } else if (!agrees(*stock, line.available)) {
      found(Check::kChainBroken, place, line.sku,
            "available is " + text_of(line.available) + ", but there was " + stock->text());
    }
    const bool met = line.available.is_number() && line.available.value >= line.quantity.value;
    Stock now = line.available.is_number() ? number(line.available.value) : Stock{Kind::kNothing, 0};
    if (!line.available.is_number() && stock != nullptr && stock->kind != Kind::kNumber) now = *stock;
    if (due.empty() && !met) {
      due = line.available.is_number() ? "insufficient_stock" : now.kind == Kind::kAbsent ? "unknown_sku" : "bad_stock";
      either = now.kind == Kind::kNothing;
      // The reason says which of the two it was.
      if (either && place.entry.reason == "unknown_sku") now.kind = Kind::kAbsent;
      if (either && place.entry.reason == "bad_stock") now.kind = Kind::kBad;
    }
    put(stock, line.sku, now);
  }
  findings_.looked(Check::kRefusalUnjustified);
  findings_.looked(Check::kReasonDiffers);
  const std::string_view given = place.entry.reason;
  if (due.empty()) return found(Check::kRefusalUnjustified, place, "", "each line could be met");
  if (given == due || (either && given == "unknown_sku")) return;
  found(Check::kReasonDiffers, place, "",
        "the reason is " + std::string(given) + ", but the first line not met gives " +
            std::string(either ? "unknown_sku or bad_stock" : due));
}

void StockModel::change(const Place& place) {
  const ResultLine& line = place.entry.lines.front();
  const int64_t remaining = line.remaining.value;
  findings_.looked(Check::kChainBroken);
  findings_.looked(Check::kNegativeStock);
  findings_.looked(Check::kStockEntryWrong);
  if (remaining < 0) found(Check::kNegativeStock, place, line.sku, std::to_string(remaining) + " remain");
  // Where the stock before was not usable, quantity is what is there now, or null where the key was bad.
  const bool adds_up = line.before.is_number()
                           ? line.quantity.is_number() && line.before.value + line.quantity.value == remaining
                           : line.quantity.is_null() || line.quantity.value == remaining;
  if (!adds_up) {
    found(Check::kStockEntryWrong, place, line.sku,
          text_of(line.before) + " and " + text_of(line.quantity) + " do not add up to " + std::to_string(remaining));
  }
  Stock* const stock = known(line.sku);
  if (stock == nullptr) {
    ++anchored_;
  } else {
    const Kind wrong = line.quantity.is_null() ? Kind::kAbsent : Kind::kBad;
    if (!agrees(*stock, line.before) || (line.before.is_null() && stock->kind == wrong)) {
      found(Check::kChainBroken, place, line.sku,
            "before is " + text_of(line.before) + ", but there was " + stock->text());
    }
  }
  put(stock, line.sku, number(remaining));
}

}  // namespace orderd::audit
