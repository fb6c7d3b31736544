// Reads both streams once, then goes through the record. Memory grows with the world, which is small.
#include "chaos/runner/judge.h"

#include <nlohmann/json.hpp>
#include <set>
#include <unordered_map>
#include <unordered_set>

namespace orderd::chaos {
namespace {

constexpr std::size_t kToldMax = 12;  // violations of one kind that are told in words

// A result as the judge needs it.
struct Decision {
  EntryId id;
  std::string order, status, reason, content;
  bool has_lines = false;
};

class Judge {
 public:
  explicit Judge(World& world)
      : world_(world),
        attempts_(world.record.attempts()),
        excused_(world.record.excused()),
        disasters_(world.record.disasters()) {}

  Verdict verdict() {
    for (const std::string& incident : world_.incidents()) say("incident", incident);
    verdict_.hindrances = world_.hindrances();
    read();
    check_attempts();
    check_phantoms();
    check_once_accepted();
    check_reader();
    check_prefix();
    check_stock();
    run_audit();
    for (const auto& [kind, count] : told_) {
      if (count > kToldMax) verdict_.violations.push_back(kind + ": " + std::to_string(count) + " in all");
    }
    return std::move(verdict_);
  }

 private:
  void say(const std::string& kind, const std::string& what) {
    if (++told_[kind] <= kToldMax) verdict_.violations.push_back(kind + ": " + what);
  }

  void read();
  void read_result(const test::Entry& entry);
  void check_attempts();
  void check_attempt(const Attempt& attempt);
  [[nodiscard]] bool given_again(const Attempt& attempt, const Decision& decision) const;
  void check_phantoms();
  void check_once_accepted();
  void check_reader();
  void check_prefix();
  void check_stock();
  void run_audit();
  // May what was acknowledged under this id be gone with the server's memory?
  [[nodiscard]] bool forgettable(EntryId id) const { return !disasters_.empty() && id <= disasters_.back().boundary; }

  World& world_;
  const std::vector<Attempt> attempts_;
  const std::set<EntryId> excused_;
  const std::vector<Record::Disaster> disasters_;
  Verdict verdict_;
  std::map<std::string, uint64_t> told_;
  std::set<EntryId> requests_;  // that stand in the orders stream
  std::map<EntryId, uint64_t> results_;
  std::map<EntryId, std::vector<Decision>> by_request_;
  std::map<std::string, int64_t> sold_;
  std::multimap<EntryId, const Attempt*> by_entry_;  // only where the server has forgotten something
};

void Judge::read_result(const test::Entry& entry) {
  ++verdict_.results;
  const EntryId id = EntryId::of(entry.id);
  results_[id] = fingerprint(entry);
  Decision decision{id, entry.field("order"), entry.field("status"), entry.field("reason"), "", false};
  ++verdict_.outcomes[decision.reason.empty() || decision.status == "stock" ? decision.status : decision.reason];
  const auto lines = nlohmann::json::parse(entry.has("lines") ? entry.field("lines") : "[]", nullptr, false);
  if (!lines.is_array()) return say("unreadable result", entry.id);
  if (decision.status == "stock") {
    for (const auto& line : lines)
      sold_[line.value("sku", "")] -= line["quantity"].is_number() ? line["quantity"].get<int64_t>() : 0;
    return;
  }
  Order order;
  order.customer = entry.field("customer");
  for (const auto& line : lines) {
    const auto quantity = line.value("quantity", uint64_t{0});
    order.lines.emplace_back(line.value("sku", ""), quantity);
    if (decision.status == "accepted") sold_[line.value("sku", "")] += static_cast<int64_t>(quantity);
  }
  decision.has_lines = !order.lines.empty();
  decision.content = order.content();
  by_request_[EntryId::of(entry.field("request"))].push_back(std::move(decision));
}

void Judge::read() {
  const auto pages = [&](const std::string& stream, const auto& each) {
    for (std::string first = "-";;) {
      const valkey::OwnedReply reply = world_.call({"XRANGE", stream, first, "+", "COUNT", "2000"});
      const auto entries = test::entries_of(reply.view());
      if (entries.empty()) return;
      for (const test::Entry& entry : entries) each(entry);
      first = "(" + entries.back().id;
    }
  };
  pages("orders", [&](const test::Entry& entry) { requests_.insert(EntryId::of(entry.id)); });
  pages("results", [&](const test::Entry& entry) { read_result(entry); });
}

void Judge::check_attempt(const Attempt& attempt) {
  const std::string where = attempt.entry.text() + " of the order '" + attempt.order + "'";
  const auto found = by_request_.find(attempt.entry);
  const std::size_t count = found == by_request_.end() ? 0 : found->second.size();
  if (count > 1) return say("more than one result", where);
  if (count == 0) {
    if (excused_.count(attempt.entry) > 0) {
      ++verdict_.excused;
    } else if (forgettable(attempt.entry)) {
      // With its entry, its result; without it, both are gone. An entry that is there has been settled since.
      if (requests_.count(attempt.entry) > 0) say("no result", where);
      ++verdict_.forgotten;
    } else {
      say("no result", where);
    }
    return;
  }
  const Decision& decision = found->second[0];
  if (decision.order != attempt.order && given_again(attempt, decision)) {
    ++verdict_.forgotten;
    return;
  }
  if (decision.reason == "request_lost") {
    if (excused_.count(attempt.entry) == 0) say("lost though nobody deleted it", where);
    return;
  }
  if ((decision.reason == "malformed") != attempt.malformed)
    return say("malformed, or not", where + ": " + decision.status + " " + decision.reason);
  if (!attempt.malformed && decision.order != attempt.order)
    say("another order's result", where + " got that of '" + decision.order + "'");
  if (decision.has_lines && decision.content != attempt.content) say("another content", where);
}

// A server that has forgotten an entry within its millisecond gives the entry's id to the next one: whose is the
// result?
bool Judge::given_again(const Attempt& attempt, const Decision& decision) const {
  if (!forgettable(attempt.entry)) return false;
  const auto [first, last] = by_entry_.equal_range(attempt.entry);
  return std::any_of(first, last, [&](const auto& other) {
    return other.second->malformed == (decision.reason == "malformed") &&
           (other.second->malformed || other.second->order == decision.order) && other.second != &attempt;
  });
}

void Judge::check_attempts() {
  if (!disasters_.empty()) {
    for (const Attempt& attempt : attempts_) {
      if (attempt.outcome == Outcome::kOk) by_entry_.emplace(attempt.entry, &attempt);
    }
  }
  for (const Attempt& attempt : attempts_) {
    ++verdict_.requests;
    if (attempt.outcome == Outcome::kFail) ++verdict_.failed;
    if (attempt.outcome == Outcome::kUnknown) ++verdict_.unknown;
    if (attempt.outcome != Outcome::kOk) continue;
    ++verdict_.ok;
    check_attempt(attempt);
  }
}

// Results of requests that no producer knows the id of: one must have lost sight of such an order.
void Judge::check_phantoms() {
  std::set<EntryId> known;
  std::map<std::string, std::set<std::string>> lost_sight_of;
  bool lost_malformed = false;
  for (const Attempt& attempt : attempts_) {
    if (attempt.outcome == Outcome::kOk) known.insert(attempt.entry);
    if (attempt.outcome != Outcome::kUnknown) continue;
    if (attempt.malformed) lost_malformed = true;
    lost_sight_of[attempt.order].insert(attempt.content);
  }
  for (const auto& [request, decisions] : by_request_) {
    if (known.count(request) > 0) continue;
    if (decisions.size() > 1) say("more than one result", request.text());
    for (const Decision& decision : decisions) {
      ++verdict_.recovered;
      if (decision.reason == "request_lost" || (decision.reason == "malformed" && lost_malformed)) continue;
      const auto asked = lost_sight_of.find(decision.order);
      if (asked == lost_sight_of.end()) {
        say("a result nobody asked for", decision.id.text() + " of the order '" + decision.order + "'");
      } else if (decision.has_lines && asked->second.count(decision.content) == 0) {
        say("another content", decision.id.text() + " of the order '" + decision.order + "'");
      }
    }
  }
}

void Judge::check_once_accepted() {
  std::unordered_map<std::string, EntryId> accepted;
  for (const auto& [request, decisions] : by_request_) {
    for (const Decision& decision : decisions) {
      if (decision.status != "accepted") continue;
      const auto [first, fresh] = accepted.emplace(decision.order, decision.id);
      if (!fresh)
        say("accepted twice", "'" + decision.order + "' by " + first->second.text() + " and " + decision.id.text());
    }
  }
}

// What was read once has neither changed nor vanished.
void Judge::check_reader() {
  for (const Tailer::Seen& seen : world_.tailer->seen()) {
    const auto found = results_.find(seen.id);
    if (found == results_.end()) {
      if (!forgettable(seen.id)) say("a result has vanished", seen.id.text());
    } else if (found->second != seen.fingerprint) {
      say("a result has changed", seen.id.text());
    }
  }
}

// What a disaster left is a prefix: behind the first that is gone, none is there up to the moment of the disaster.
void Judge::check_prefix() {
  const auto check = [&](const std::string& what, const std::vector<EntryId>& acknowledged, const auto& there) {
    std::size_t at = 0;
    for (const Record::Disaster& disaster : disasters_) {
      EntryId gone;
      bool any_gone = disaster.everything;  // how much of it was left cannot be told then
      for (; at < acknowledged.size() && acknowledged[at] <= disaster.boundary; ++at) {
        if (disaster.everything) continue;
        if (there(acknowledged[at]) || excused_.count(acknowledged[at]) > 0) {
          if (any_gone && there(acknowledged[at]))
            say("not a prefix",
                what + " " + acknowledged[at].text() + " outlived " + gone.text() + " in " + disaster.what);
        } else if (!any_gone) {
          any_gone = true;
          gone = acknowledged[at];
        }
      }
    }
  };
  const bool flushed =
      std::any_of(disasters_.begin(), disasters_.end(), [](const auto& disaster) { return disaster.everything; });
  if (flushed) return;
  std::vector<EntryId> pushed;
  for (const Attempt& attempt : attempts_) {
    if (attempt.outcome == Outcome::kOk) pushed.push_back(attempt.entry);
  }
  std::sort(pushed.begin(), pushed.end());
  // A stream that was deleted meanwhile: what it held was settled, or is excused.
  check("the request", pushed, [&](EntryId id) { return requests_.count(id) > 0 || by_request_.count(id) > 0; });
  std::vector<EntryId> read;
  for (const Tailer::Seen& seen : world_.tailer->seen()) read.push_back(seen.id);
  std::sort(read.begin(), read.end());
  check("the result", read, [&](EntryId id) { return results_.count(id) > 0; });
}

// What is left and what was sold is what there was. Stock set by the operator's command stands in the ledger.
void Judge::check_stock() {
  for (const auto& [sku, amount] : World::stock()) {
    const std::string held = world_.ask({"GET", "product:" + sku + ":stock"});
    if (held.empty()) {
      say("the stock is gone", sku);
      continue;
    }
    const int64_t left = std::stoll(held);
    if (left < 0) say("stock below zero", sku);
    if (left + sold_[sku] != static_cast<int64_t>(amount)) {
      say("stock and sales do not add up", sku + ": " + std::to_string(amount) + " at first, " +
                                               std::to_string(sold_[sku]) + " sold, " + std::to_string(left) + " left");
    }
  }
}

// Clean; or it names just those requests that the group was set past and that nobody has settled since.
void Judge::run_audit() {
  std::set<EntryId> wanted;
  for (const EntryId id : world_.record.passed_over()) {
    if (requests_.count(id) > 0 && by_request_.count(id) == 0) wanted.insert(id);
  }
  test::ProcessOptions options;
  options.environment = {"ORDERD_VALKEY_URL=unix://" + world_.server.endpoint().path};
  test::Process audit({world_.programs.orderctl, "audit", "--json", "--max-findings", "1000000"}, options);
  const int status = audit.wait(std::chrono::minutes(5));
  verdict_.audit = audit.output();
  const auto said = nlohmann::json::parse(verdict_.audit, nullptr, false);
  std::set<EntryId> named;
  bool other = !said.is_object() || status != (wanted.empty() ? 0 : 3);
  for (std::size_t i = 0; !other && i < said["violations"].size(); ++i) {
    const auto& violation = said["violations"][i];
    if (violation["check"] != "missing_result") other = true;
    named.insert(EntryId::of(violation.value("request", "")));
  }
  verdict_.passed_over += wanted.size();
  if (other || named != wanted) {
    say("orderctl audit", "status " + std::to_string(status) + ", " + std::to_string(wanted.size()) +
                              " passed over: " + verdict_.audit.substr(0, 4000) + audit.errors());
  }
}

}  // namespace

Verdict judge(World& world) {
  return Judge(world).verdict();
}

}  // namespace orderd::chaos
