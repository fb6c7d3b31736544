// Checks the record and the ledger, one promise after the other.
#include "order-chaos/judge.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "support/process.h"

namespace orderd::chaos {
namespace {

constexpr std::size_t kSaidMax = 12;  // violations of one kind that are printed

class Judge {
 public:
  Judge(const Record& record, const Ledger& ledger)
      : record_(record), ledger_(ledger), order_(chaos::check_order(record_, ledger_)) {
    for (const std::string& id : ledger_.unreadable) say("unreadable result", id);
    verdict_.results = ledger_.results.size();
    verdict_.outcomes = ledger_.outcomes;
    check_order();
    check_attempts();
    check_phantoms();
    check_once_accepted();
    check_replies();
  }

  void check_rest(const Account& account) {
    if (account.tailer != nullptr) check_reader(account.tailer->seen());
    check_stock(account);
    check_with_audit(account);
  }

  Verdict verdict() {
    for (const auto& [kind, count] : said_) {
      if (count > kSaidMax) verdict_.violations.push_back(kind + ": " + std::to_string(count) + " in all");
    }
    return std::move(verdict_);
  }

 private:
  void say(const std::string& kind, const std::string& what) {
    if (++said_[kind] <= kSaidMax) verdict_.violations.push_back(kind + ": " + what);
  }

  // Whether an acknowledged write with this ID may be lost with the server's memory.
  [[nodiscard]] bool forgettable(StreamId id) const {
    return !record_.data_losses.empty() && id <= record_.data_losses.back().boundary;
  }

  void check_order() {
    for (const std::string& what : order_.out_of_order) say("out of order", what);
    for (const std::string& what : order_.passed_over) say("passed over", what);
    for (const Absence& absence : record_.absences) absent_.insert(absence.waiting.begin(), absence.waiting.end());
    verdict_.restarts = order_.restarts.size();
    verdict_.passed_over = order_.unanswered.size();
  }

  void check_attempt(const Attempt& attempt) {
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
    asked_[decision.id].insert(attempt.reply_to);
    if (decision.reason == "wrong_lane") say("wrong lane", where);
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
  [[nodiscard]] bool given_again(const Attempt& attempt, const Decision& decision) const {
    if (!forgettable(attempt.entry)) return false;
    const auto [first, last] = by_entry_.equal_range(attempt.entry);
    return std::any_of(first, last, [&](const auto& other) {
      return other.second->malformed == (decision.reason == "malformed") &&
             (other.second->malformed || other.second->order == decision.order) && other.second != &attempt;
    });
  }

  void check_attempts() {
    for (const Attempt& attempt : record_.attempts) {
      if (attempt.outcome == Outcome::kOk) by_entry_.emplace(attempt.entry, &attempt);
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
  void check_phantoms() {
    std::map<std::string, std::set<std::string>> lost_sight_of;
    bool lost_malformed = false;
    for (const Attempt& attempt : record_.attempts) {
      if (attempt.outcome != Outcome::kUnknown) continue;
      if (attempt.malformed) lost_malformed = true;
      lost_sight_of[attempt.order].insert(attempt.content);
    }
    for (const auto& [request, decisions] : ledger_.by_request) {
      if (by_entry_.count(request) > 0) continue;
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

  void check_once_accepted() {
    std::unordered_map<std::string, StreamId> accepted;
    for (const auto& [request, decisions] : ledger_.by_request) {
      for (const Decision& decision : decisions) {
        if (decision.status != "accepted") continue;
        const auto [first, fresh] = accepted.emplace(decision.order, decision.id);
        if (!fresh)
          say("accepted twice", "'" + decision.order + "' by " + first->second.text() + " and " + decision.id.text());
      }
    }
  }

  // Compares a copy of a result with the ledger.
  void check_copy(StreamId id, uint64_t copy, const char* gone, const char* differs, const std::string& what) {
    const auto found = ledger_.results.find(id);
    if (found == ledger_.results.end()) {
      if (!forgettable(id)) say(gone, what);
    } else if (found->second != copy) {
      say(differs, what);
    }
  }

  // Results that were read have neither changed nor vanished.
  void check_reader(const std::vector<Tailer::Seen>& seen) {
    for (const Tailer::Seen& one : seen)
      check_copy(one.id, one.fingerprint, "a result has vanished", "a result has changed", one.id.text());
    check_prefix(seen);
  }

  // A reply equals its result in the results stream, and is pushed once, to the list that its request names.
  void check_replies() {
    std::set<StreamId> seen;
    for (const auto& [list, text] : ledger_.replies) check_reply(list, text, seen);
    for (const auto& [result, lists] : asked_) {
      if (lists.count("") == 0 && seen.count(result) == 0 && result <= record_.replied_until)
        say("no reply", result.text());
    }
  }

  void check_reply(const std::string& list, const std::string& text, std::set<StreamId>& seen) {
    ++verdict_.replies;
    const auto reply = nlohmann::ordered_json::parse(text, nullptr, false);
    if (!reply.is_object() || !reply.contains("result")) return say("unreadable reply", text);
    test::Entry entry;
    for (const auto& [name, value] : reply.items()) {
      if (name != "result")
        entry.fields.emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump());
    }
    const StreamId id = id_of(reply["result"].get<std::string>());
    if (!seen.insert(id).second) return say("duplicate reply", text);
    const auto asked = asked_.find(id);
    if (asked != asked_.end() && asked->second.count(list) == 0) say("a reply in the list '" + list + "'", text);
    check_copy(id, fingerprint(entry), "a reply without its result", "a reply that differs from its result", text);
  }

  // A loss of data leaves a prefix: after the first lost entry, none exists up to the moment of the loss.
  void check_prefix(const std::vector<Tailer::Seen>& seen) {
    const auto check = [&](const std::string& what, std::vector<StreamId> acknowledged, const auto& there) {
      std::sort(acknowledged.begin(), acknowledged.end());
      auto id = acknowledged.begin();
      for (const DataLoss& data_loss : record_.data_losses) {
        std::optional<StreamId> gone;
        for (; id != acknowledged.end() && *id <= data_loss.boundary; ++id) {
          if (!there(*id)) {
            if (!gone && record_.deleted.count(*id) == 0) gone = *id;
          } else if (gone) {
            say("not a prefix", what + " " + id->text() + " outlived " + gone->text() + " in " + data_loss.what);
          }
        }
      }
    };
    // If everything was lost, the size of the prefix is unknown.
    if (std::any_of(record_.data_losses.begin(), record_.data_losses.end(), [](auto& loss) { return loss.everything; }))
      return;
    std::vector<StreamId> pushed, read;
    for (const auto& [entry, attempt] : by_entry_) pushed.push_back(entry);
    // If the stream was deleted meanwhile, what it held was settled or is excused.
    check("the request", std::move(pushed),
          [&](StreamId id) { return ledger_.requests.count(id) > 0 || ledger_.by_request.count(id) > 0; });
    for (const Tailer::Seen& one : seen) read.push_back(one.id);
    check("the result", std::move(read), [&](StreamId id) { return ledger_.results.count(id) > 0; });
  }

  // Stock left plus stock sold equals stock at the start. Changes by orderctl are in the ledger.
  void check_stock(const Account& account) {
    for (const auto& [sku, amount] : account.stock) {
      std::string key = account.stock_key;
      const std::string held(account.call({"GET", key.replace(key.find("<sku>"), 5, sku)})->text());
      if (held.empty()) {
        say("the stock is gone", sku);
        continue;
      }
      const int64_t left = std::stoll(held);
      if (left < 0) say("stock below zero", sku);
      const auto found = ledger_.sold.find(sku);
      const int64_t sold = found == ledger_.sold.end() ? 0 : found->second;
      if (left + sold == static_cast<int64_t>(amount)) continue;
      say("stock and sales do not add up", sku + ": " + std::to_string(amount) + " at the start, " +
                                               std::to_string(sold) + " sold, " + std::to_string(left) + " left");
    }
  }

  void check_with_audit(const Account& account) {
    test::Process audit(account.audit, {.environment = account.environment});
    const int status = audit.wait(std::chrono::minutes(5));
    verdict_.audit = audit.output();
    if (const auto complaint = check_audit({status, audit.output(), audit.errors()}, order_, record_))
      say("orderctl audit", *complaint);
  }

  const Record& record_;
  const Ledger& ledger_;
  OrderCheck order_;
  Verdict verdict_;
  std::map<std::string, uint64_t> said_;
  std::set<StreamId> absent_;                         // unsettled while the stream was absent
  std::map<StreamId, std::set<std::string>> asked_;   // by result: where its request wants the reply, '' for none
  std::multimap<StreamId, const Attempt*> by_entry_;  // acknowledged; a server that lost data may give an ID again
};

void read_replies(const Account& account, Ledger& ledger) {
  const std::string prefix = account.orders + ":reply:";
  const valkey::OwnedReply keys = account.call({"KEYS", prefix + "*"});
  for (std::size_t k = 0; k < keys->size(); ++k) {
    const std::string key(keys->at(k).text());
    const valkey::OwnedReply texts = account.call({"LRANGE", key, "0", "-1"});
    for (std::size_t i = 0; i < texts->size(); ++i)
      ledger.replies.emplace_back(key.substr(prefix.size()), texts->at(i).text());
  }
}

}  // namespace

Verdict judge(const Account& account) {
  Ledger ledger;
  each_entry(account.call, account.orders, [&](const test::Entry& entry) { ledger.requests.insert(id_of(entry.id)); });
  each_entry(account.call, account.results, [&](const test::Entry& entry) { add_result(ledger, entry); });
  read_replies(account, ledger);
  Judge judge(account.record, ledger);
  judge.check_rest(account);
  return judge.verdict();
}

Verdict judge_ledger(const Record& record, const Ledger& ledger) {
  return Judge(record, ledger).verdict();
}

}  // namespace orderd::chaos
