// Some hundred keys at a time.
#include "audit/stock_check.h"

#include <algorithm>
#include <vector>

#include "audit/pages.h"

namespace orderd::audit {
namespace {

using valkey::Command;

constexpr std::size_t kAtOnce = 200;
constexpr std::size_t kMaxDigits = 16;
constexpr int64_t kMaxWhole = 9'007'199'254'740'991;

using Stock = StockModel::Stock;

Stock stock_of(const RespView& reply) {
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

class Comparison {
 public:
  Comparison(Link& link, const std::string& results, Id newest, StockModel& model, Findings& findings)
      : link_(link), results_(results), newest_(newest), model_(model), findings_(findings) {}

  // So many results come while keys are compared that most are applied beforehand.
  Result<bool> catch_up() {
    const auto read = read_stream(link_, results_, next(), kLastId, [this](const RawEntry& raw) {
      apply(raw);
      return Result<bool>(true);
    });
    return read ? Result<bool>(true) : read.failure();
  }

  Result<bool> compare(const std::vector<std::string_view>& skus, const std::vector<std::string>& keys) {
    std::vector<Command> commands;
    for (const std::string& key : keys) commands.push_back(Command::of("GET", key));
    commands.push_back(Command::of("XRANGE", results_, next().text(), "+"));
    const auto replies = link_.ask_at_once(commands);
    if (!replies) return replies.failure();
    std::vector<Stock> held;
    RespView reply = replies->first();
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (reply.is_error() && !reply.text().starts_with("WRONGTYPE")) return Failure{link_.explain(reply.text())};
      held.push_back(stock_of(reply));
      reply = reply.next();
    }
    RawEntry raw;
    RespView at = reply.first();
    for (uint32_t i = 0; i < reply.size(); ++i) {
      if (!read_entry(at, raw)) return Failure{"the server answered XRANGE with something that is no entry"};
      apply(raw);
      if (i + 1 < reply.size()) at = at.next();
    }
    for (std::size_t i = 0; i < skus.size(); ++i) judge(skus[i], keys[i], held[i]);
    return true;
  }

 private:
  [[nodiscard]] Id next() const { return {newest_.ms, newest_.sequence + 1}; }
  void apply(const RawEntry& raw) {
    newest_ = id_of(raw.id).value_or(newest_);
    if (decoder_.decode(raw.fields, entry_) == nullptr) model_.apply(raw.id, entry_);
  }
  void judge(std::string_view sku, const std::string& key, const Stock& held) {
    findings_.looked(Check::kStockKeyDiffers);
    const Stock& due = model_.skus().find(sku)->second;
    if (same(due, held)) return;
    findings_.add({Check::kStockKeyDiffers, "", "", "", std::string(sku),
                   "the ledger ends with " + due.text() + ", '" + key + "' holds " + held.text()});
  }

  Link& link_;
  const std::string& results_;
  Id newest_;
  StockModel& model_;
  Findings& findings_;
  ResultDecoder decoder_;
  ResultEntry entry_;
};

}  // namespace

Result<bool> check_stock(Link& link, const std::string& results, Id newest,
                         const std::function<std::string(std::string_view)>& key, StockModel& model,
                         Findings& findings) {
  // The names stay where they are, whatever is added to the model.
  std::vector<std::string_view> all;
  for (const auto& [sku, stock] : model.skus()) all.push_back(sku);
  Comparison comparison(link, results, newest, model, findings);
  for (std::size_t at = 0; at < all.size(); at += kAtOnce) {
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(at);
    const auto last = all.begin() + static_cast<std::ptrdiff_t>(std::min(at + kAtOnce, all.size()));
    const std::vector<std::string_view> skus(first, last);
    std::vector<std::string> keys;
    for (const std::string_view sku : skus) keys.push_back(key(sku));
    auto good = comparison.catch_up();
    if (good) good = comparison.compare(skus, keys);
    if (!good) return good;
  }
  return true;
}

}  // namespace orderd::audit
