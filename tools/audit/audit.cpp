// Takes the horizon, then walks over results, requests and dead letters in parallel, then compares the keys.
#include "audit/audit.h"

#include "audit/advice.h"
#include "audit/cursor.h"
#include "audit/decisions.h"
#include "audit/keys_check.h"
#include "audit/letter_judge.h"
#include "audit/request_judge.h"
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
        report_{std::move(horizon), {}, Findings(options.findings_max), {}},
        model_(report_.findings),
        records_(results_) {}

  Result<Report> run() {
    auto good = read_all();
    for (uint64_t part = 1; good && part < parts_; ++part) good = read_again({part, parts_});
    counts().passes = parts_;
    if (good) good = judge_keys();
    if (!good) return good.failure();
    judge_position();
    list_what_was_not_checked();
    counts().skus = model_.skus().size();
    report_.advice = advice_on(link_, options_, findings());
    return std::move(report_);
  }

 private:
  Findings& findings() { return report_.findings; }
  Counts& counts() { return report_.counts; }
  Horizon& horizon() { return report_.horizon; }

  // Everything, but only the first partition of the order IDs.
  Result<bool> read_all() {
    RequestJudge requests(link_, options_, horizon(), findings());
    LetterJudge letters(link_, options_, horizon(), findings());
    Decisions decisions(horizon(), findings(), results_, {0, parts_});
    auto good = each_result([&](const RawEntry& raw) -> Result<bool> {
      ++counts().results;
      findings().looked(Check::kBadResult);
      const char* const problem = decoder_.decode(raw.fields, entry_);
      if (problem != nullptr) {
        findings().add(Check::kBadResult, {raw.id, entry_.request, entry_.order}, problem);
      } else {
        count(entry_);
        model_.apply(raw.id, entry_);
        if (entry_.kind == ResultKind::kLetter) letters.take_record(entry_, raw.id);
      }
      if (entry_.request == Id{}) return true;
      if (raw.id > horizon().position.floor) {
        newest_request_ = entry_.request;
        newest_result_ = raw.id;
        ++settled_;
        if (entry_.request > horizon().position.start) ++counted_;
      }
      auto judged = requests.take(entry_, raw.id, problem == nullptr);
      if (!judged || problem != nullptr) return judged;
      decisions.take(entry_, raw.id, requests.content());
      records_.take(entry_, raw.id);
      return entry_.kind == ResultKind::kMalformed ? letters.take(entry_, raw.id) : judged;
    });
    if (good) good = requests.end();
    if (good) good = letters.end();
    counts().requests = requests.requests();
    counts().waiting = horizon().orders.length - std::min(horizon().orders.length, counts().requests);
    counts().dead_letters = letters.letters();
    return good;
  }

  // Another partition of the order IDs. Everything except the decisions was checked before.
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
    const auto first = results.peek();
    if (!first) return first.failure();
    if (*first != nullptr && (*first)->id > horizon().first_result()) {
      // Trimmed after the horizon was taken.
      horizon().results.first = (*first)->id;
      horizon().results.cut = true;
    }
    return results.each([&](const RawEntry& raw) {
      if (options_.progress && results.popped() % kProgressEvery == 0) {
        options_.progress({"results", results.popped(), results_});
      }
      return take(raw);
    });
  }

  void count(const ResultEntry& entry) {
    counts().lines += entry.lines.size();
    switch (entry.kind) {
      case ResultKind::kAccepted: ++counts().accepted; break;
      case ResultKind::kDuplicate: ++counts().duplicates; break;
      case ResultKind::kStock: ++counts().stock_changes; break;
      case ResultKind::kLetter: ++counts().letter_changes; break;
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

  // settle.lua moves the position in the same step that writes the results.
  void judge_position() {
    constexpr const char* kPosition = "the position";
    const Position& position = horizon().position;
    if (horizon().to_given) return findings().not_checked(kPosition, "results after --to were not read");
    if (!position.exists) {
      return findings().not_checked(kPosition, "there is none; orderd takes it from the newest result when it starts",
                                    settled_ > 0 ? 1 : 0);
    }
    findings().looked(Check::kPositionDiffers);
    const auto found = [&](const std::string& detail) {
      findings().add(Check::kPositionDiffers, {newest_result_, position.id}, detail);
    };
    if (!position.known()) return found(position.problem);
    if (horizon().orders_replaced() && horizon().orders.length > 0) {
      found(
          "it is beyond the last ID of the orders stream (" + horizon().orders.last.text() +
          "): the stream was recreated with smaller IDs or replaced by an older copy, and orderd has not joined since");
    }
    // A removed result, whether trimmed or undone by a script, may have answered any request.
    const uint64_t gone = horizon().results.added - std::min(counts().results, horizon().results.added);
    const bool floor_seen = position.floor != Id{} && horizon().first_result() <= position.floor;
    if (settled_ == 0 && gone > 0 && !floor_seen) {
      return findings().not_checked(kPosition, "no result of this orders stream was read");
    }
    if (newest_request_ != position.id) {
      found("the newest result answers request " + newest_request_.text());
    } else if (position.result != Id{} && position.result != newest_result_) {
      found("it names " + position.result.text() + " as the newest result");
    }
    const std::string counted = "its count is " + std::to_string(position.count) + ", but there are ";
    if (position.count > counted_ + gone || (position.from_start && position.count < counted_)) {
      found(counted + std::to_string(counted_) + " results");
    } else if (position.count != counted_) {
      findings().not_checked("the exact count of settled requests",
                             "results are gone, or counting did not begin with the stream");
    }
  }

  void list_what_was_not_checked() {
    findings().not_checked("stock before the first entry of an SKU", "the ledger does not show the stock before it",
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
  // Of the results after the floor that name a request:
  uint64_t settled_ = 0;
  uint64_t counted_ = 0;  // of these, how many the position counts
  Id newest_request_;
  Id newest_result_;
};

}  // namespace

Result<Report> run(Link& link, const Options& options) {
  auto horizon = take_horizon(link, options);
  if (!horizon) return horizon.failure();
  return Audit(link, options, std::move(*horizon)).run();
}

}  // namespace orderd::audit
