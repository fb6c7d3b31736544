// Horizon, then the three streams, whose entries become rows, then the rows sorted and judged, then the keys.
#include "audit/audit.h"

#include <algorithm>

#include "audit/decision_judge.h"
#include "audit/pages.h"
#include "audit/record_check.h"
#include "audit/request_judge.h"
#include "audit/row_sorter.h"
#include "audit/stock_check.h"
#include "audit/stock_model.h"

namespace orderd::audit {
namespace {

constexpr uint64_t kProgressEvery = 8192;

RowKind row_kind_of(ResultKind kind) {
  switch (kind) {
    case ResultKind::kAccepted: return RowKind::kAccepted;
    case ResultKind::kRefused: return RowKind::kRefused;
    case ResultKind::kIdReused: return RowKind::kIdReused;
    case ResultKind::kMalformed: return RowKind::kMalformed;
    case ResultKind::kLost: return RowKind::kLost;
    case ResultKind::kDuplicate: return RowKind::kDuplicate;
    case ResultKind::kStock: break;
  }
  return RowKind::kBadForm;
}

uint32_t customer_of(std::string_view customer) {
  Content content;
  content.set_customer(customer);
  return content.customer;
}

class Audit {
 public:
  Audit(Link& link, const Options& options)
      : link_(link),
        options_(options),
        report_{{}, {}, Findings(options.findings_max)},
        model_(report_.findings),
        requests_(options.memory_bytes / 2),
        decisions_(options.memory_bytes / 4),
        decoder_(options.limits) {}

  Result<Report> run() {
    auto good = begin();
    if (good) good = read_results();
    if (good) good = read_dead_letters();
    if (good) good = read_requests();
    if (good) good = refresh(link_, options_.names, report_.horizon);
    if (good) good = judge_requests();
    if (good) good = judge_decisions();
    if (good) good = judge_keys();
    if (good) good = name_orders();
    if (!good) return good.failure();
    say_what_was_not_checked();
    report_.counts.skus = model_.skus().size();
    return std::move(report_);
  }

 private:
  Findings& findings() { return report_.findings; }
  Counts& counts() { return report_.counts; }
  Horizon& horizon() { return report_.horizon; }

  void tell(const char* what, uint64_t done, uint64_t total) {
    if (options_.progress && done % kProgressEvery == 0) options_.progress({what, done, total});
  }

  Result<bool> begin() {
    auto horizon = take_horizon(link_, options_.names);
    if (!horizon) return horizon.failure();
    report_.horizon = std::move(*horizon);
    report_.horizon.window_ms = static_cast<uint64_t>(options_.window.count());
    report_.horizon.ranged = options_.from.has_value() || options_.to.has_value();
    report_.horizon.from = options_.from.value_or(Id{});
    if (options_.to) report_.horizon.newest_result = std::min(*options_.to, report_.horizon.newest_result);
    return true;
  }

  Result<bool> read_results() {
    bool first = true;
    const auto each = [&](const RawEntry& raw) -> Result<bool> {
      const auto id = id_of(raw.id);
      if (!id) return Failure{"the results stream has an entry without an id"};
      if (first && *id > std::max(horizon().results.first, horizon().from)) {
        // Trimmed between the horizon and now.
        if (!options_.from) horizon().results.first = *id;
        if (!options_.from) horizon().results.length = 0;
      }
      first = false;
      tell("results", ++counts().results, horizon().results.length);
      return take_result(raw, *id);
    };
    const auto read = read_stream(link_, options_.names.results, horizon().from, horizon().newest_result, each);
    return read ? Result<bool>(true) : read.failure();
  }

  Result<bool> take_result(const RawEntry& raw, Id id) {
    findings().looked(Check::kBadResult);
    const char* const problem = results_.decode(raw.fields, entry_);
    if (problem != nullptr) {
      findings().add({Check::kBadResult, std::string(raw.id), "", std::string(entry_.order), "", problem});
      if (entry_.request == Id{}) return true;
      return requests_.add({entry_.request, id, {}, 0, 0, RowKind::kBadForm});
    }
    count(entry_);
    model_.apply(raw.id, entry_);
    if (entry_.kind == ResultKind::kStock) return true;
    const Content content = entry_.content();
    const Name order = name_of(entry_.order);
    const bool malformed = entry_.kind == ResultKind::kMalformed;
    const RequestRow row{
        entry_.request,          id, order, malformed ? hash_of(entry_.detail) : content.lines, content.customer,
        row_kind_of(entry_.kind)};
    auto added = requests_.add(row);
    if (!added || malformed || entry_.kind == ResultKind::kLost) return added;
    return take_decision(order, id, content);
  }

  Result<bool> take_decision(const Name& order, Id id, const Content& content) {
    DecisionRow row{order, id, entry_.original, content.digest(), DecisionKind::kIdReused, 0};
    if (entry_.kind == ResultKind::kAccepted) row.kind = DecisionKind::kAccepted;
    if (entry_.kind == ResultKind::kRefused) row.kind = DecisionKind::kRefused;
    if (entry_.kind == ResultKind::kDuplicate) {
      row.kind = entry_.was_accepted ? DecisionKind::kDuplicateOfAccepted : DecisionKind::kDuplicateOfRefused;
    }
    if (row.kind == DecisionKind::kAccepted || row.kind == DecisionKind::kRefused) {
      row.original = {};
      records_.take(order, entry_.order, id, entry_.request, row.kind == DecisionKind::kAccepted);
    }
    return decisions_.add(row);
  }

  void count(const ResultEntry& entry) {
    counts().lines += entry.lines.size();
    switch (entry.kind) {
      case ResultKind::kAccepted: ++counts().accepted; break;
      case ResultKind::kDuplicate: ++counts().duplicates; break;
      case ResultKind::kStock: ++counts().stock_changes; break;
      default: ++counts().rejected; break;
    }
  }

  Result<bool> read_dead_letters() {
    const auto each = [&](const RawEntry& raw) -> Result<bool> {
      tell("dead letters", ++counts().dead_letters, horizon().dead.length);
      // orderd's three fields come first; a raw field may have one of their names.
      const auto& fields = raw.fields;
      std::optional<Id> request;
      std::optional<Id> result;
      if (fields.size() >= 6 && fields[0] == "request" && fields[2] == "result" && fields[4] == "detail") {
        request = id_of(fields[1]);
        result = id_of(fields[3]);
      }
      if (request && result) return requests_.add({*request, *result, {}, hash_of(fields[5]), 0, RowKind::kDeadLetter});
      findings().looked(Check::kDeadLetterForged);
      findings().add(
          {Check::kDeadLetterForged, "", "", "", "", "dead letter " + std::string(raw.id) + " names no result"});
      return true;
    };
    const auto read = read_stream(link_, options_.names.dead, {}, horizon().dead.last, each);
    return read ? Result<bool>(true) : read.failure();
  }

  Result<bool> read_requests() {
    const auto each = [&](const RawEntry& raw) -> Result<bool> {
      tell("requests", ++counts().requests, horizon().orders.length);
      const auto id = id_of(raw.id);
      if (!id) return Failure{"the orders stream has an entry without an id"};
      decoder_.decode(raw.fields, request_);
      const RowKind kind = request_.verdict == DecodedRequest::Verdict::kGood        ? RowKind::kRequestGood
                           : request_.verdict == DecodedRequest::Verdict::kMalformed ? RowKind::kRequestMalformed
                                                                                     : RowKind::kRequestUnsure;
      return requests_.add(
          {*id, {}, name_of(request_.id), request_.content.lines, customer_of(request_.customer), kind});
    };
    const Id last = horizon().delivered ? std::min(*horizon().delivered, horizon().orders.last) : horizon().orders.last;
    const auto read = read_stream(link_, options_.names.orders, {}, last, each);
    return read ? Result<bool>(true) : read.failure();
  }

  Result<bool> judge_requests() {
    auto good = requests_.finish();
    RequestJudge judge(horizon(), findings(), [&](const DecisionRow& row) {
      if (good) good = decisions_.add(row);
    });
    RequestRow row;
    while (good) {
      const auto more = requests_.next(row);
      if (!more) return more.failure();
      if (!*more) break;
      judge.take(row);
    }
    judge.end();
    counts().spilled_bytes += requests_.spilled_bytes();
    return good;
  }

  Result<bool> judge_decisions() {
    auto good = decisions_.finish();
    DecisionJudge judge(horizon(), findings());
    DecisionRow row;
    while (good) {
      const auto more = decisions_.next(row);
      if (!more) return more.failure();
      if (!*more) break;
      judge.take(row);
    }
    counts().spilled_bytes += decisions_.spilled_bytes();
    return good;
  }

  Result<bool> judge_keys() {
    if (options_.to) {
      findings().not_checked("stock keys", "results behind --to were not read", model_.skus().size());
      return true;
    }
    auto good =
        check_stock(link_, options_.names.results, horizon().newest_result, options_.stock_key, model_, findings());
    if (!good || options_.window.count() == 0) return good;
    const auto looked = records_.judge(link_, options_.order_key, findings());
    if (!looked) return looked.failure();
    counts().records = *looked;
    return true;
  }

  // Rows hold no names: those of the findings are asked for again.
  Result<bool> name_orders() {
    for (Finding& finding : findings().kept()) {
      if (finding.result.empty() || !finding.order.empty()) continue;
      const auto reply =
          link_.ask(valkey::Command::of("XRANGE", options_.names.results, finding.result, finding.result));
      if (!reply) return reply.failure();
      RawEntry raw;
      if (reply->size() != 1 || !read_entry(reply->first(), raw)) continue;
      (void)results_.decode(raw.fields, entry_);
      finding.order = entry_.order;
      if (finding.request.empty() && entry_.request != Id{}) finding.request = entry_.request.text();
    }
    return true;
  }

  void say_what_was_not_checked() {
    findings().not_checked("stock before the first entry of an SKU", "the ledger does not tell how it began",
                           model_.anchored());
    if (options_.window.count() == 0) {
      findings().not_checked("order ids decided twice", "processing.dedup_window is 0s: that is allowed",
                             counts().accepted);
    }
    if (horizon().results.exists && !horizon().results.whole() && !options_.from) {
      findings().not_checked("results before " + horizon().results.first.text(),
                             "they were trimmed, or taken back when they came late",
                             horizon().results.added - horizon().results.length);
    }
    if (options_.from) findings().not_checked("results before " + options_.from->text(), "--from");
    if (options_.to) findings().not_checked("results behind " + options_.to->text(), "--to");
    if (!horizon().delivered) {
      findings().not_checked("delivery", "the group '" + options_.names.group + "' is missing");
    }
  }

  Link& link_;
  const Options& options_;
  Report report_;
  StockModel model_;
  RowSorter<RequestRow> requests_;
  RowSorter<DecisionRow> decisions_;
  RecordCheck records_;
  ResultDecoder results_;
  ResultEntry entry_;
  RequestDecoder decoder_;
  DecodedRequest request_;
};

}  // namespace

Result<Report> run(Link& link, const Options& options) {
  return Audit(link, options).run();
}

}  // namespace orderd::audit
