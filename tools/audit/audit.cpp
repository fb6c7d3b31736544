// Takes the horizon, then walks over results, requests and dead letters side by side, then compares the keys.
#include "audit/audit.h"

#include "audit/cursor.h"
#include "audit/decisions.h"
#include "audit/letter_judge.h"
#include "audit/position_check.h"
#include "audit/record_check.h"
#include "audit/request_judge.h"
#include "audit/stock_check.h"
#include "audit/stock_model.h"

namespace orderd::audit {
namespace {

constexpr uint64_t kProgressEvery = 8192;

class Audit {
 public:
  Audit(Link& link, const Options& options, Horizon horizon)
      : link_(link),
        options_(options),
        results_(horizon.results.length),
        parts_(Decisions::parts(results_, options.memory_bytes)),
        report_{std::move(horizon), {}, Findings(options.findings_max)},
        model_(report_.findings),
        records_(results_) {}

  Result<Report> run() {
    auto good = read_all();
    for (uint64_t part = 1; good && part < parts_; ++part) good = read_again({part, parts_});
    counts().passes = parts_;
    if (good) good = judge_keys();
    if (!good) return good.failure();
    check_position(horizon(), settled_, findings());
    list_what_was_not_checked();
    counts().skus = model_.skus().size();
    return std::move(report_);
  }

 private:
  Findings& findings() { return report_.findings; }
  Counts& counts() { return report_.counts; }
  Horizon& horizon() { return report_.horizon; }

  // Everything, but only the first part of the order IDs.
  Result<bool> read_all() {
    RequestJudge requests(link_, options_, horizon(), findings());
    LetterJudge letters(link_, options_, horizon(), findings());
    Decisions decisions(horizon(), findings(), results_, {0, parts_});
    auto good = each_result([&](const RawEntry& raw) -> Result<bool> {
      ++counts().results;
      findings().looked(Check::kBadResult);
      const char* const problem = decoder_.decode(raw.fields, entry_);
      if (problem != nullptr) {
        findings().add({Check::kBadResult, raw.id.text(), "", std::string(entry_.order), "", problem});
      } else {
        count(entry_);
        model_.apply(raw.id, entry_);
      }
      if (entry_.request == Id{}) return true;
      if (raw.id > horizon().position.floor) {
        settled_.request = entry_.request;
        settled_.result = raw.id;
        ++settled_.count;
      }
      auto judged = requests.take(entry_, raw.id, problem == nullptr);
      if (!judged || problem != nullptr) return judged;
      decisions.take(entry_, raw.id, requests.content());
      records_.take(entry_, raw.id);
      return entry_.kind == ResultKind::kMalformed ? letters.take(entry_, raw.id) : judged;
    });
    if (good) good = requests.end();
    if (good) good = letters.end();
    settled_.read = counts().results;
    counts().requests = requests.requests();
    counts().waiting = horizon().orders.length - std::min(horizon().orders.length, counts().requests);
    counts().dead_letters = letters.letters();
    return good;
  }

  // Another part of the order IDs. All but the decisions was judged before.
  Result<bool> read_again(Decisions::Part part) {
    Findings known(0);
    RequestJudge requests(link_, options_, horizon(), known);
    Decisions decisions(horizon(), findings(), results_, part);
    return each_result([&](const RawEntry& raw) -> Result<bool> {
      const bool good = decoder_.decode(raw.fields, entry_) == nullptr;
      if (entry_.request == Id{}) return true;
      auto judged = requests.take(entry_, raw.id, good);
      if (judged && good) decisions.take(entry_, raw.id, requests.content());
      return judged;
    });
  }

  Result<bool> each_result(const std::function<Result<bool>(const RawEntry&)>& take) {
    Cursor results(link_, options_.names.results, horizon().from, horizon().to);
    auto next = results.peek();
    if (next && *next != nullptr && (*next)->id > horizon().first_result()) {
      // Trimmed since the horizon was taken.
      horizon().results.first = (*next)->id;
      horizon().results.cut = true;
    }
    for (uint64_t done = 0; next && *next != nullptr; next = results.peek()) {
      auto good = take(**next);
      if (!good) return good;
      results.pop();
      if (++done % kProgressEvery == 0 && options_.progress) options_.progress({"results", done, results_});
    }
    return next ? Result<bool>(true) : next.failure();
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

  Result<bool> judge_keys() {
    if (options_.to) {
      findings().not_checked("stock keys", "results after --to were not read", model_.skus().size());
      return true;
    }
    auto good = check_stock(link_, options_, horizon().to, model_, findings());
    if (!good || options_.window.count() == 0) return good;
    const auto compared = records_.judge(link_, options_, findings());
    if (!compared) return compared.failure();
    counts().records = *compared;
    return true;
  }

  void list_what_was_not_checked() {
    findings().not_checked("stock before the first entry of an SKU", "the ledger does not show how it began",
                           model_.anchored());
    if (options_.window.count() == 0) {
      findings().not_checked("order IDs decided twice", "processing.dedup_window is 0s, which allows them",
                             counts().accepted);
    }
    if (horizon().results.exists && !horizon().results.whole() && !options_.from) {
      findings().not_checked("results before " + horizon().results.first.text(), "they were trimmed or undone",
                             horizon().results.added - counts().results);
    }
    if (options_.from) findings().not_checked("results before " + options_.from->text(), "--from");
    if (options_.to) findings().not_checked("results after " + options_.to->text(), "--to");
  }

  Link& link_;
  const Options& options_;
  const uint64_t results_;  // entries of the results stream when the audit began
  const uint64_t parts_;
  Report report_;
  StockModel model_;
  RecordCheck records_;
  ResultDecoder decoder_;
  ResultEntry entry_;
  Settled settled_;
};

}  // namespace

Result<Report> run(Link& link, const Options& options) {
  auto horizon = take_horizon(link, options);
  if (!horizon) return horizon.failure();
  return Audit(link, options, std::move(*horizon)).run();
}

}  // namespace orderd::audit
