// Reads a few hundred keys at a time.
#include "audit/keys_check.h"

#include <algorithm>

#include "audit/cursor.h"

namespace orderd::audit {
namespace {

using valkey::Command;
using valkey::Reply;
using Stock = StockModel::Stock;

constexpr std::size_t kAtOnce = 200;
constexpr std::size_t kDigestBytes = 16;

Stock stock_of(const Reply& reply) {
  if (reply.is_nil()) return {Stock::Kind::kAbsent, 0};
  const auto number = whole_of(reply.is_string() ? reply.text() : std::string_view());
  const bool good = number && *number <= kMaxWhole;
  return good ? Stock{Stock::Kind::kNumber, static_cast<int64_t>(*number)} : Stock{Stock::Kind::kBad, 0};
}

bool same(const Stock& due, const Stock& held) {
  if (due.kind == Stock::Kind::kNothing) return held.kind != Stock::Kind::kNumber;
  return due.kind == held.kind && due.value == held.value;
}

}  // namespace

Result<bool> check_stock(Link& link, const Options& options, Id newest, StockModel& model, Findings& findings) {
  ResultDecoder decoder;
  ResultEntry entry;
  const auto apply = [&](const RawEntry& raw) -> Result<bool> {
    newest = raw.id;
    if (decoder.decode(raw.fields, entry) == nullptr) model.apply(raw.id, entry);
    return true;
  };
  // The names have stable addresses while the model grows.
  std::vector<std::string_view> skus;
  for (const auto& [sku, stock] : model.skus()) skus.push_back(sku);
  for (std::size_t from = 0; from < skus.size(); from += kAtOnce) {
    // Applies most of the new results first, so that few are left for the step that compares.
    auto caught_up = Cursor(link, options.names.results, after(newest), kLastId).each(apply);
    if (!caught_up) return caught_up;
    const std::size_t count = std::min(kAtOnce, skus.size() - from);
    std::vector<Command> commands;
    for (std::size_t i = 0; i < count; ++i) commands.push_back(Command::of("GET", options.stock_key(skus[from + i])));
    commands.push_back(Command::of("XRANGE", options.names.results, after(newest).text(), "+"));
    const auto replies = link.ask_at_once(commands);
    if (!replies) return replies.failure();
    RawEntry raw;
    const Reply last = replies->view().at(count);
    for (std::size_t i = 0; i < last.size() && read_entry(last.at(i), raw); ++i) (void)apply(raw);
    for (std::size_t i = 0; i < count; ++i) {
      const Reply reply = replies->view().at(i);
      if (reply.is_error() && !reply.text().starts_with("WRONGTYPE")) return Failure{link.explain(reply.text())};
      findings.looked(Check::kStockKeyDiffers);
      const std::string_view sku = skus[from + i];
      const Stock& due = model.skus().find(sku)->second;
      const Stock held = stock_of(reply);
      if (same(due, held)) continue;
      findings.add(Check::kStockKeyDiffers, {{}, {}, {}, sku},
                   "the ledger ends with " + due.text() + ", '" + options.stock_key(sku) + "' holds " + held.text());
    }
  }
  return true;
}

// A record of a later decision is not compared.
const char* RecordCheck::problem_of(const Decision& decision, std::string_view record) {
  const std::string_view digest = record.substr(0, kDigestBytes);
  const std::string_view outcome = record.substr(digest.size(), 1);
  const auto result = id_of(record.substr(digest.size() + outcome.size()));
  if (!result || (outcome != "a" && outcome != "r") ||
      digest.find_first_not_of("0123456789abcdef") != std::string_view::npos) {
    return "it is not a record";
  }
  if (*result > decision.result) return nullptr;
  if (!decision.decided) return "the order was called wrong_lane";
  if (*result < decision.result) return "it refers to an earlier result";
  return (outcome == "a") == decision.accepted ? nullptr : "it has another outcome";
}

void RecordCheck::take(const ResultEntry& result, Id id) {
  const bool accepted = result.kind == ResultKind::kAccepted;
  const bool decided = accepted || result.kind == ResultKind::kRefused;
  if ((!decided && result.kind != ResultKind::kWrongLane) || ++taken_ % every_ != 0) return;
  chosen_.push_back({std::string(result.order), id, result.request, accepted, decided});
}

Result<uint64_t> RecordCheck::judge(Link& link, const Options& options, Findings& findings) {
  uint64_t compared = 0;
  for (std::size_t from = 0; from < chosen_.size(); from += kAtOnce) {
    const std::size_t count = std::min(kAtOnce, chosen_.size() - from);
    std::vector<Command> commands;
    for (std::size_t i = 0; i < count; ++i) {
      commands.push_back(Command::of("GET", options.order_key(chosen_[from + i].order)));
    }
    const auto replies = link.ask_at_once(commands);
    if (!replies) return replies.failure();
    for (std::size_t i = 0; i < count; ++i) {
      const Decision& decision = chosen_[from + i];
      const Reply reply = replies->view().at(i);
      if (reply.is_nil()) continue;
      ++compared;
      findings.looked(Check::kRecordDiffers);
      const char* const problem = problem_of(decision, reply.is_string() ? reply.text() : std::string_view());
      if (problem == nullptr) continue;
      findings.add(Check::kRecordDiffers, {decision.result, decision.request, decision.order},
                   "the record at " + options.order_key(decision.order) + ": " + problem);
    }
  }
  return compared;
}

}  // namespace orderd::audit
