// Checks the record and the ledger, one promise after the other.
#include "order-chaos/judge.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_map>

#include "order-chaos/audit_check.h"
#include "order-chaos/ledger.h"
#include "order-chaos/order_check.h"
#include "order-chaos/trial.h"

namespace orderd::chaos {
namespace {

constexpr std::size_t kSaidMax = 12;  // violations of one kind that are printed

class Judge {
 public:
  explicit Judge(Trial& trial)
      : trial_(trial),
        record_(trial.record),
        ledger_(read_ledger(trial)),
        order_(chaos::check_order(record_, ledger_)) {}

  Verdict verdict() {
    for (const std::string& incident : trial_.incidents) say("incident", incident);
    for (const std::string& id : ledger_.unreadable) say("unreadable result", id);
    verdict_.results = ledger_.results.size();
    verdict_.outcomes = ledger_.outcomes;
    check_order();
    check_attempts();
    check_phantoms();
    check_once_accepted();
    check_reader();
    check_replies();
    check_prefix();
    check_stock();
    check_with_audit();
    for (const auto& [kind, count] : said_) {
      if (count > kSaidMax) verdict_.violations.push_back(kind + ": " + std::to_string(count) + " in all");
    }
    return std::move(verdict_);
  }

 private:
  void say(const std::string& kind, const std::string& what) {
    if (++said_[kind] <= kSaidMax) verdict_.violations.push_back(kind + ": " + what);
  }

  void check_order();
  void check_attempts();
  void check_attempt(const Attempt& attempt);
  [[nodiscard]] bool given_again(const Attempt& attempt, const Decision& decision) const;
  void check_phantoms();
  void check_once_accepted();
  void check_reader();
  void check_replies();
  void check_reply(std::string_view text, std::set<EntryId>& seen);
  void check_prefix();
  void check_stock();
  void check_with_audit();
  // Whether an acknowledged write with this ID may be lost with the server's memory.
  [[nodiscard]] bool forgettable(EntryId id) const {
    return !record_.data_losses.empty() && id <= record_.data_losses.back().boundary;
  }

  Trial& trial_;
  const Record& record_;
  Ledger ledger_;
  OrderCheck order_;
  Verdict verdict_;
  std::map<std::string, uint64_t> said_;
  std::set<EntryId> absent_;                         // unsettled while the stream was absent
  std::multimap<EntryId, const Attempt*> by_entry_;  // only if the server lost data
};

void Judge::check_order() {
  for (const std::string& what : order_.out_of_order) say("out of order", what);
  for (const std::string& what : order_.passed_over) say("passed over", what);
  for (const Absence& absence : record_.absences) absent_.insert(absence.waiting.begin(), absence.waiting.end());
  verdict_.restarts = order_.restarts.size();
  verdict_.passed_over = order_.unanswered.size();
}

void Judge::check_attempt(const Attempt& attempt) {
  const std::string where = attempt.entry.text() + " of the order '" + attempt.order + "'";
  const auto found = ledger_.by_request.find(attempt.entry);
  const std::size_t count = found == ledger_.by_request.end() ? 0 : found->second.size();
  if (count > 1) return say("more than one result", where);
  if (count == 0) {
    if (record_.deleted.count(attempt.entry) > 0 || absent_.count(attempt.entry) > 0) {
      ++verdict_.deleted;  // check_order() decides which absent ones may have none
    } else if (forgettable(attempt.entry)) {
      // Entry and result are both there or both lost. An entry that is there has been settled since.
      if (ledger_.requests.count(attempt.entry) > 0) say("no result", where);
      ++verdict_.forgotten;
    } else {
      say("no result", where);
    }
    return;
  }
  if (record_.never_read.count(attempt.entry) > 0) return say("deleted before it was read, and answered", where);
  const Decision& decision = found->second[0];
  if (decision.order != attempt.order && given_again(attempt, decision)) {
    ++verdict_.forgotten;
    return;
  }
  if ((decision.reason == "malformed") != attempt.malformed)
    return say("wrongly malformed or well-formed", where + ": " + decision.status + " " + decision.reason);
  if (!attempt.malformed && decision.order != attempt.order)
    say("another order's result", where + " got that of '" + decision.order + "'");
  if (decision.has_lines && decision.content != attempt.content) say("another content", where);
  const auto foreign = record_.foreign_records.find(attempt.order);
  if (decision.reason == "bad_record" && foreign == record_.foreign_records.end())
    say("bad_record, but the record was valid", where);
  if (decision.reason != "bad_record" && foreign != record_.foreign_records.end() && foreign->second)
    say("a foreign record was ignored", where + " got " + decision.status + " " + decision.reason);
}

// A server that lost an entry may reuse its ID within the same millisecond. Then either order may own the result.
bool Judge::given_again(const Attempt& attempt, const Decision& decision) const {
  if (!forgettable(attempt.entry)) return false;
  const auto [first, last] = by_entry_.equal_range(attempt.entry);
  return std::any_of(first, last, [&](const auto& other) {
    return other.second->malformed == (decision.reason == "malformed") &&
           (other.second->malformed || other.second->order == decision.order) && other.second != &attempt;
  });
}

void Judge::check_attempts() {
  if (!record_.data_losses.empty()) {
    for (const Attempt& attempt : record_.attempts) {
      if (attempt.outcome == Outcome::kOk) by_entry_.emplace(attempt.entry, &attempt);
    }
  }
  for (const Attempt& attempt : record_.attempts) {
    ++verdict_.requests;
    if (attempt.outcome == Outcome::kFail) ++verdict_.failed;
    if (attempt.outcome == Outcome::kUnknown) ++verdict_.unknown;
    if (attempt.outcome != Outcome::kOk) continue;
    ++verdict_.ok;
    check_attempt(attempt);
  }
}

// Results of requests whose ID no producer knows: a producer must have an order with an unknown outcome.
void Judge::check_phantoms() {
  std::set<EntryId> known;
  std::map<std::string, std::set<std::string>> lost_sight_of;
  bool lost_malformed = false;
  for (const Attempt& attempt : record_.attempts) {
    if (attempt.outcome == Outcome::kOk) known.insert(attempt.entry);
    if (attempt.outcome != Outcome::kUnknown) continue;
    if (attempt.malformed) lost_malformed = true;
    lost_sight_of[attempt.order].insert(attempt.content);
  }
  for (const auto& [request, decisions] : ledger_.by_request) {
    if (known.count(request) > 0) continue;
    if (decisions.size() > 1) say("more than one result", request.text());
    for (const Decision& decision : decisions) {
      ++verdict_.recovered;
      if (decision.reason == "malformed" && lost_malformed) continue;
      const auto asked = lost_sight_of.find(decision.order);
      if (asked == lost_sight_of.end()) {
        say("a result without a request", decision.id.text() + " of the order '" + decision.order + "'");
      } else if (decision.has_lines && asked->second.count(decision.content) == 0) {
        say("another content", decision.id.text() + " of the order '" + decision.order + "'");
      }
    }
  }
}

void Judge::check_once_accepted() {
  std::unordered_map<std::string, EntryId> accepted;
  for (const auto& [request, decisions] : ledger_.by_request) {
    for (const Decision& decision : decisions) {
      if (decision.status != "accepted") continue;
      const auto [first, fresh] = accepted.emplace(decision.order, decision.id);
      if (!fresh)
        say("accepted twice", "'" + decision.order + "' by " + first->second.text() + " and " + decision.id.text());
    }
  }
}

// Results that were read have neither changed nor vanished.
void Judge::check_reader() {
  for (const Tailer::Seen& seen : trial_.tailer->seen()) {
    const auto found = ledger_.results.find(seen.id);
    if (found == ledger_.results.end()) {
      if (!forgettable(seen.id)) say("a result has vanished", seen.id.text());
    } else if (found->second != seen.fingerprint) {
      say("a result has changed", seen.id.text());
    }
  }
}

// A reply equals its result in the results stream, and is pushed once. If it could not be pushed there is none.
void Judge::check_replies() {
  const valkey::OwnedReply keys = trial_.call({"KEYS", "orders:reply:*"});
  for (std::size_t k = 0; k < keys.view().size(); ++k) {
    std::set<EntryId> seen;
    const valkey::OwnedReply texts = trial_.call({"LRANGE", std::string(keys.view().at(k).text()), "0", "-1"});
    for (std::size_t i = 0; i < texts.view().size(); ++i) check_reply(texts.view().at(i).text(), seen);
  }
}

void Judge::check_reply(std::string_view text, std::set<EntryId>& seen) {
  ++verdict_.replies;
  const auto reply = nlohmann::ordered_json::parse(text, nullptr, false);
  if (!reply.is_object() || !reply.contains("result")) return say("unreadable reply", std::string(text));
  test::Entry entry;
  for (const auto& [name, value] : reply.items()) {
    if (name != "result") entry.fields.emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump());
  }
  const EntryId id = EntryId::parse(reply["result"].get<std::string>());
  if (!seen.insert(id).second) return say("duplicate reply", std::string(text));
  const auto found = ledger_.results.find(id);
  if (found == ledger_.results.end()) {
    if (!forgettable(id)) say("a reply without its result", std::string(text));
  } else if (found->second != fingerprint(entry)) {
    say("a reply that differs from its result", std::string(text));
  }
}

// A loss of data leaves a prefix: after the first lost entry, none exists up to the moment of the loss.
void Judge::check_prefix() {
  const auto check = [&](const std::string& what, const std::vector<EntryId>& acknowledged, const auto& there) {
    std::size_t at = 0;
    for (const DataLoss& data_loss : record_.data_losses) {
      EntryId gone;
      bool any_gone = data_loss.everything;  // the size of the prefix is unknown then
      for (; at < acknowledged.size() && acknowledged[at] <= data_loss.boundary; ++at) {
        if (data_loss.everything) continue;
        if (there(acknowledged[at]) || record_.deleted.count(acknowledged[at]) > 0) {
          if (any_gone && there(acknowledged[at]))
            say("not a prefix",
                what + " " + acknowledged[at].text() + " outlived " + gone.text() + " in " + data_loss.what);
        } else if (!any_gone) {
          any_gone = true;
          gone = acknowledged[at];
        }
      }
    }
  };
  const bool flushed = std::any_of(record_.data_losses.begin(), record_.data_losses.end(),
                                   [](const auto& data_loss) { return data_loss.everything; });
  if (flushed) return;
  std::vector<EntryId> pushed;
  for (const Attempt& attempt : record_.attempts) {
    if (attempt.outcome == Outcome::kOk) pushed.push_back(attempt.entry);
  }
  std::sort(pushed.begin(), pushed.end());
  // If the stream was deleted meanwhile, what it held was settled or is excused.
  check("the request", pushed,
        [&](EntryId id) { return ledger_.requests.count(id) > 0 || ledger_.by_request.count(id) > 0; });
  std::vector<EntryId> read;
  for (const Tailer::Seen& seen : trial_.tailer->seen()) read.push_back(seen.id);
  std::sort(read.begin(), read.end());
  check("the result", read, [&](EntryId id) { return ledger_.results.count(id) > 0; });
}

// Stock left plus stock sold equals stock at the start. Changes by orderctl are in the ledger.
void Judge::check_stock() {
  for (const auto& [sku, amount] : Trial::stock()) {
    const std::string held = trial_.ask({"GET", "product:" + sku + ":stock"});
    if (held.empty()) {
      say("the stock is gone", sku);
      continue;
    }
    const int64_t left = std::stoll(held);
    if (left < 0) say("stock below zero", sku);
    if (left + ledger_.sold[sku] != static_cast<int64_t>(amount)) {
      say("stock and sales do not add up", sku + ": " + std::to_string(amount) + " at the start, " +
                                               std::to_string(ledger_.sold[sku]) + " sold, " + std::to_string(left) +
                                               " left");
    }
  }
}

void Judge::check_with_audit() {
  test::ProcessOptions options;
  options.environment = {"ORDERD_VALKEY_URL=unix://" + trial_.server.endpoint().path};
  test::Process audit({trial_.programs.orderctl, "audit", "--json", "--max-findings", "1000000"}, options);
  const int status = audit.wait(std::chrono::minutes(5));
  verdict_.audit = audit.output();
  if (const auto complaint = check_audit({status, audit.output(), audit.errors()}, order_, record_.discarded))
    say("orderctl audit", *complaint);
}

}  // namespace

Verdict judge(Trial& trial) {
  return Judge(trial).verdict();
}

}  // namespace orderd::chaos
