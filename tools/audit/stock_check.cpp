// Some hundred keys at a time.
#include "audit/stock_check.h"

#include <algorithm>
#include <vector>

#include "audit/cursor.h"

namespace orderd::audit {
namespace {

using valkey::Command;
using Stock = StockModel::Stock;

constexpr std::size_t kAtOnce = 200;
constexpr std::size_t kMaxDigits = 16;
constexpr int64_t kMaxWhole = 9'007'199'254'740'991;

Stock stock_of(const valkey::Reply& reply) {
  if (reply.is_nil()) return {Stock::Kind::kAbsent, 0};
  const std::string_view text = reply.text();
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
  if (reply.is_error() || !digits || text.size() > kMaxDigits || (text.size() > 1 && text[0] == '0')) {
    return {Stock::Kind::kBad, 0};
  }
  const int64_t value = std::stoll(std::string(text));
  return value > kMaxWhole ? Stock{Stock::Kind::kBad, 0} : Stock{Stock::Kind::kNumber, value};
}

bool same(const Stock& due, const Stock& held) {
  if (due.kind == Stock::Kind::kNothing) return held.kind != Stock::Kind::kNumber;
  return due.kind == held.kind && due.value == held.value;
}

}  // namespace

Result<bool> check_stock(Link& link, const Options& options, Id newest, StockModel& model, Findings& findings) {
  ResultDecoder decoder;
  ResultEntry entry;
  const auto apply = [&](const RawEntry& raw) {
    newest = raw.id;
    if (decoder.decode(raw.fields, entry) == nullptr) model.apply(raw.id, entry);
  };
  // The names keep their addresses, whatever is added to the model.
  std::vector<std::string_view> skus;
  for (const auto& [sku, stock] : model.skus()) skus.push_back(sku);
  for (std::size_t from = 0; from < skus.size(); from += kAtOnce) {
    // Most of what was settled since is applied first, so that few results are left for the step that compares.
    Cursor since(link, options.names.results, after(newest), kLastId);
    auto next = since.peek();
    for (; next && *next != nullptr; next = since.peek()) {
      apply(**next);
      since.pop();
    }
    if (!next) return next.failure();
    const std::size_t count = std::min(kAtOnce, skus.size() - from);
    std::vector<Command> commands;
    for (std::size_t i = 0; i < count; ++i) commands.push_back(Command::of("GET", options.stock_key(skus[from + i])));
    commands.push_back(Command::of("XRANGE", options.names.results, after(newest).text(), "+"));
    const auto replies = link.ask_at_once(commands);
    if (!replies) return replies.failure();
    RawEntry raw;
    const valkey::Reply last = replies->view().at(count);
    for (std::size_t i = 0; i < last.size() && read_entry(last.at(i), raw); ++i) apply(raw);
    for (std::size_t i = 0; i < count; ++i) {
      const valkey::Reply reply = replies->view().at(i);
      if (reply.is_error() && !reply.text().starts_with("WRONGTYPE")) return Failure{link.explain(reply.text())};
      findings.looked(Check::kStockKeyDiffers);
      const std::string_view sku = skus[from + i];
      const Stock& due = model.skus().find(sku)->second;
      const Stock held = stock_of(reply);
      if (same(due, held)) continue;
      findings.add({Check::kStockKeyDiffers, "", "", "", std::string(sku),
                    "the ledger ends with " + due.text() + ", '" + options.stock_key(sku) + "' holds " + held.text()});
    }
  }
  return true;
}

}  // namespace orderd::audit
