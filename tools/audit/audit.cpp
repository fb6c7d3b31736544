// Takes the horizon, then walks over results, requests and dead letters in parallel, then compares the keys.
#include "audit/audit.h"

#include "audit/checks.h"

namespace orderd::audit {
namespace {

constexpr uint64_t kProgressEvery = 8192;

void count(const ResultEntry& entry, Counts& counts) {
  counts.lines += entry.lines.size();
  switch (entry.kind) {
    case ResultKind::kAccepted: ++counts.accepted; break;
    case ResultKind::kDuplicate: ++counts.duplicates; break;
    case ResultKind::kStock: ++counts.stock_changes; break;
    case ResultKind::kLetter: ++counts.letter_changes; break;
    default: ++counts.rejected; break;
  }
}

// Reads the results once. Each check sees a result after the checks before it in the list.
void read_results(const Task& task, const std::vector<CheckerPtr>& checks) {
  Horizon& horizon = task.horizon;
  Cursor results(task.link, task.options.names.results, horizon.from, horizon.to);
  const RawEntry* const first = results.peek();
  if (first != nullptr && first->id > horizon.first_result()) {
    // Trimmed after the horizon was taken.
    horizon.results.first = first->id;
    horizon.results.cut = true;
  }
  ResultDecoder decoder;
  ResultEntry entry;
  results.each([&](const RawEntry& raw) {
    if (task.options.progress && results.popped() % kProgressEvery == 0) {
      task.options.progress({"results", results.popped(), horizon.results.length});
    }
    const char* const problem = decoder.decode(raw, entry);
    ++task.counts.results;
    task.findings.looked(Check::kBadResult);
    if (problem == nullptr) {
      count(entry, task.counts);
    } else {
      task.findings.add(Check::kBadResult, entry.place(), problem);
    }
    Step step{entry, problem == nullptr};
    for (const CheckerPtr& check : checks) check->take(step);
  });
  if (task.link.failure()) return;
  for (const CheckerPtr& check : checks) check->end();
}

void list_what_was_not_checked(const Task& task) {
  const auto& [link, options, horizon, findings, counts] = task;
  if (options.window.count() == 0) {
    findings.not_checked("order IDs decided twice", "processing.dedup_window is 0s, which allows them",
                         counts.accepted);
  }
  if (horizon.results.exists && !horizon.results.whole() && !options.from) {
    findings.not_checked("results before " + horizon.results.first.text(), "they were trimmed or undone",
                         horizon.results.added - counts.results);
  }
  if (options.from) findings.not_checked("results before " + options.from->text(), "--from");
  if (options.to) findings.not_checked("results after " + options.to->text(), "--to");
}

}  // namespace

Result<Report> run(Link& link, const Options& options) {
  Report report{take_horizon(link, options), {}, Findings(options.findings_max), {}};
  const Task task{link, options, report.horizon, report.findings, report.counts};
  const uint64_t parts = parts_of(task);
  std::vector<CheckerPtr> checks;
  for (auto* const make : {check_requests, check_letters, check_stock, check_records, check_position}) {
    checks.push_back(make(task));
  }
  checks.push_back(check_decisions(task, {0, parts}));
  read_results(task, checks);
  // The other partitions of the order IDs. Everything except the decisions was checked before.
  for (uint64_t number = 1; number < parts; ++number) {
    Findings known(0);
    Counts counted;
    const Task again{link, options, report.horizon, known, counted};
    checks.clear();
    checks.push_back(check_requests(again));
    checks.push_back(check_decisions(task, {number, parts}));
    read_results(again, checks);
  }
  report.counts.passes = parts;
  if (link.failure()) return *link.failure();
  list_what_was_not_checked(task);
  report.advice = advice_on(task);
  return report;
}

}  // namespace orderd::audit
