// Memory grows with the trial, which is small.
#include "order-chaos/ledger.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace orderd::chaos {
namespace {

constexpr std::size_t kQuotedMax = 4000;  // bytes of the audit's output in a complaint
constexpr int kClean = 0;
constexpr int kViolated = 3;

bool any_has(const std::vector<IdRange>& ranges, StreamId id) {
  return std::any_of(ranges.begin(), ranges.end(), [&](const IdRange& range) { return range.has(id); });
}

class Walk {
 public:
  Walk(const Record& record, const Ledger& ledger)
      : record_(record), ledger_(ledger), recreated_(record.recreated), absences_(record.absences) {}

  OrderCheck check() {
    StreamId newest;
    for (const auto& [result, request] : ledger_.order) {
      if (request <= newest) {
        if (may_begin_again(request, newest)) {
          check_.restarts.insert(result);
        } else {
          check_.out_of_order.push_back(result.text() + " answers " + request.text() + " after " + newest.text());
        }
      }
      newest = request;
      answered_.insert(request);
    }
    for (const Absence& absence : record_.absences) check_absence(absence);
    return std::move(check_);
  }

 private:
  // `newest` is the last request with a result.
  bool may_begin_again(StreamId request, StreamId newest) {
    if (!any_has(record_.discarded, newest)) return false;
    if (recreated_.erase(request) > 0) return true;
    const auto absence =
        std::find_if(absences_.begin(), absences_.end(), [&](const Absence& one) { return begins(one, request); });
    if (absence == absences_.end()) return false;
    absences_.erase(absence);
    return true;
  }

  // Whether this is the first waiting request of the absent stream.
  [[nodiscard]] bool begins(const Absence& absence, StreamId request) const {
    if (absence.waiting.count(request) == 0) return false;
    return std::none_of(absence.waiting.begin(), absence.waiting.find(request), [&](StreamId earlier) {
      return ledger_.requests.count(earlier) > 0 && answered_.count(earlier) == 0;
    });
  }

  // Whether they were overtaken then, or another time.
  [[nodiscard]] bool overtaken(StreamId request) const {
    return std::any_of(record_.absences.begin(), record_.absences.end(), [&](const Absence& absence) {
      if (absence.waiting.count(request) == 0) return false;
      const auto next = ledger_.by_request.lower_bound(absence.meanwhile.first);
      return next != ledger_.by_request.end() && absence.meanwhile.has(next->first);
    });
  }

  // Of the waiting requests that are in the stream again, a prefix has results and the rest has none.
  void check_absence(const Absence& absence) {
    StreamId first_unanswered;
    for (const StreamId request : absence.waiting) {
      if (ledger_.by_request.count(request) > 0) {
        if (first_unanswered != StreamId{})
          check_.passed_over.push_back(first_unanswered.text() + " has no result, " + request.text() + " after it has");
        continue;
      }
      if (record_.deleted.count(request) > 0) continue;
      if (!overtaken(request)) {
        check_.passed_over.push_back(request.text() + " has no result, and nothing overtook it");
      } else if (ledger_.requests.count(request) > 0) {
        if (first_unanswered == StreamId{}) first_unanswered = request;
        check_.unanswered.insert(request);
      }
    }
  }

  const Record& record_;
  const Ledger& ledger_;
  std::set<StreamId> recreated_;   // restarts still to come
  std::vector<Absence> absences_;  // the same
  std::set<StreamId> answered_;    // so far
  OrderCheck check_;
};

// How often each SKU's stock key may still be reported to have got a foreign value, and to have lost it.
struct ForeignStock {
  std::map<std::string, int> begins, ends;
};

bool explained(const nlohmann::json& violation, const OrderCheck& order, const Record& record, ForeignStock& foreign) {
  const std::string check = violation.value("check", "");
  const StreamId request = id_of(violation.value("request", ""));
  if (check == "missing_result") return order.unanswered.count(request) > 0;
  if (check == "request_order") return order.restarts.count(id_of(violation.value("result", ""))) > 0;
  if (check == "invented_request") return any_has(record.discarded, request);
  // A foreign value at a stock key breaks the chain where it begins and where it ends, and the audit reports it
  // rightly. If no result of this SKU came after it, the ledger ends with the foreign value.
  const std::string sku = violation.value("sku", ""), detail = violation.value("detail", "");
  const auto says = [&](const char* text) { return detail.find(text) != std::string::npos; };
  if (check == "chain_broken" && says("available is null")) return foreign.begins[sku]-- > 0;
  const bool ends = (check == "chain_broken" && says("but there was") && says("not a whole number")) ||
                    (check == "stock_key_differs" && says("not a whole number, '"));
  return ends && foreign.ends[sku]-- > 0;
}

}  // namespace

void each_entry(const Call& call, const std::string& stream, const std::function<void(const test::Entry&)>& act) {
  for (std::string first = "-";;) {
    const valkey::OwnedReply reply = call({"XRANGE", stream, first, "+", "COUNT", "2000"});
    if (reply->is_error()) throw std::runtime_error(stream + ": " + std::string(reply->text()));
    const auto entries = test::entries_of(reply.view());
    if (entries.empty()) return;
    for (const test::Entry& entry : entries) act(entry);
    first = "(" + entries.back().id;
  }
}

uint64_t fingerprint(const test::Entry& entry) {
  std::string all;
  for (const auto& [name, value] : entry.fields) {
    for (const std::string& text : {name, value}) all += std::to_string(text.size()) + ":" + text;
  }
  return std::hash<std::string>()(all);
}

void add_result(Ledger& ledger, const test::Entry& entry) {
  const StreamId id = id_of(entry.id);
  ledger.results[id] = fingerprint(entry);
  if (entry.field("status") == "letter") return;  // an operator handled a dead letter
  Decision decision{id, entry.field("order"), entry.field("status"), entry.field("reason"), "", false};
  const bool stock = decision.status == "stock";
  ++ledger.outcomes[decision.reason.empty() || stock ? decision.status : decision.reason];
  const auto lines = nlohmann::json::parse(entry.has("lines") ? entry.field("lines") : "[]", nullptr, false);
  if (!lines.is_array()) return ledger.unreadable.push_back(entry.id);
  if (stock) {
    for (const auto& line : lines)
      ledger.sold[line.value("sku", "")] -= line["quantity"].is_number() ? line["quantity"].get<int64_t>() : 0;
    return;
  }
  Order order;
  order.customer = entry.field("customer");
  for (const auto& line : lines) {
    const auto quantity = line.value("quantity", uint64_t{0});
    order.lines.emplace_back(line.value("sku", ""), quantity);
    if (decision.status == "accepted") ledger.sold[line.value("sku", "")] += static_cast<int64_t>(quantity);
  }
  decision.has_lines = !order.lines.empty();
  decision.content = order.content();
  const StreamId request = id_of(entry.field("request"));
  ledger.order.emplace_back(id, request);
  ledger.by_request[request].push_back(std::move(decision));
}

OrderCheck check_order(const Record& record, const Ledger& ledger) {
  return Walk(record, ledger).check();
}

std::optional<std::string> check_audit(const AuditVerdict& verdict, const OrderCheck& order, const Record& record) {
  const auto said = nlohmann::json::parse(verdict.output, nullptr, false);
  const auto none = nlohmann::json::array();
  const auto& violations = said.is_object() && said.contains("violations") ? said["violations"] : none;
  std::string complaint;
  if (!said.is_object() || verdict.status != (violations.empty() ? kClean : kViolated))
    complaint = "status " + std::to_string(verdict.status) + ": " + verdict.errors;
  std::set<StreamId> named;
  std::size_t unexplained = 0;
  ForeignStock foreign{record.foreign_stock, record.foreign_stock};
  for (const auto& violation : violations) {
    if (violation.value("check", "") == "missing_result") named.insert(id_of(violation.value("request", "")));
    if (explained(violation, order, record, foreign)) continue;
    if (++unexplained == 1) complaint += "no fault explains " + violation.dump();
  }
  if (unexplained > 1) complaint += " and " + std::to_string(unexplained - 1) + " more";
  const auto unnamed = std::find_if(order.unanswered.begin(), order.unanswered.end(),
                                    [&](StreamId request) { return named.count(request) == 0; });
  if (unnamed != order.unanswered.end()) complaint += "; it does not name " + unnamed->text() + ", which has no result";
  if (complaint.empty()) return std::nullopt;
  return complaint + "\n" + verdict.output.substr(0, kQuotedMax);
}

}  // namespace orderd::chaos
