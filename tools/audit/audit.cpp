// Takes the horizon, then walks over results, requests and dead letters in parallel, then compares the keys.
#include "audit/audit.h"

#include "audit/checks.h"

namespace orderd::audit {
namespace {

constexpr uint64_t kProgressEvery = 8192;
// A daemon that trims a backlog overtakes the audit many times until it is done.
constexpr int kAttemptsMax = 1000;

uint64_t& count_of(ResultKind kind, Counts& counts) {
  switch (kind) {
    case ResultKind::kAccepted: return counts.accepted;
    case ResultKind::kDuplicate: return counts.duplicates;
    case ResultKind::kStock: return counts.stock_changes;
    case ResultKind::kLetter: return counts.letter_changes;
    default: return counts.rejected;
  }
}

// Reads the results once. Each check sees a result after the checks before it in the list.
void read_results(const Task& task, const std::vector<CheckerPtr>& checks) {
  const auto& [link, options, horizon, findings, counts] = task;
  ResultCursor results(link, options.results, horizon.from, horizon.to);
  while (ResultEntry* const result = results.next()) {
    if (counts.results == 0 && result->id > horizon.first_result()) {
      // Trimmed after the horizon was taken.
      horizon.results.first = result->id;
      horizon.results.cut = true;
    }
    if (options.progress && counts.results % kProgressEvery == 0) {
      options.progress(counts.results, horizon.results.length);
    }
    ++counts.results;
    findings.looked("bad_result");
    if (result->good()) {
      counts.lines += result->lines.size();
      ++count_of(result->kind, counts);
    } else {
      findings.add("bad_result", result->place(), result->problem);
    }
    for (const CheckerPtr& check : checks) check->take(*result);
  }
  if (link.failure()) return;
  for (const CheckerPtr& check : checks) check->end();
}

void list_what_was_not_checked(const Task& task) {
  const auto& [link, options, horizon, findings, counts] = task;
  if (options.window.count() == 0) {
    findings.not_checked("order IDs decided twice", "processing.dedup_window is 0s, which allows them",
                         counts.accepted);
  }
  if (!horizon.results.whole() && !options.from) {
    // With --to it is not known how many there are after it.
    findings.not_checked("results before " + horizon.results.first.text(), "they were trimmed or undone",
                         horizon.ends_early() ? 1 : horizon.results.added - counts.results);
  }
  if (options.from) findings.not_checked("results before " + options.from->text(), "--from");
  if (horizon.ends_early()) findings.not_checked("results after " + horizon.to.text(), "--to");
}

std::string on_stock(const Findings& findings) {
  const uint64_t keys = findings.of("stock_key_differs").violations;
  if (keys + findings.of("chain_broken").violations == 0) return "";
  return "chain_broken and stock_key_differs: stock was changed without orderctl stock. If that is explained, " +
         (keys == 0 ? "audit from where the ledger is complete again: orderctl audit --from " +
                          findings.of("chain_broken").newest.text()
                    : "write what the keys hold into the ledger: orderctl stock set SKU N --json, for each SKU of "
                      "stock_key_differs. Then audit from there: orderctl audit --from ID, with the `entry` of the "
                      "first one");
}

std::string on_requests(const Task& task) {
  if (task.findings.of("invented_request").violations == 0) return "";
  return "invented_request: if the results of another orders stream are in '" + task.options.results +
         "', too, set streams.results of one of them to another name: each needs its own";
}

// What to do about violations with a known cause: sentences to print.
std::vector<std::string> advice_on(const Task& task) {
  std::vector<std::string> advice = {on_requests(task), on_stock(task.findings)};
  std::erase(advice, "");
  return advice;
}

Report run_once(Link& link, const Options& options) {
  Report report{take_horizon(link, options), {}, Findings(options.findings_max), {}};
  const Task task{link, options, report.horizon, report.findings, report.counts};
  const uint64_t parts = parts_of(task);
  for (uint64_t number = 0; number < parts && !link.failure(); ++number) {
    // Later passes are for the other partitions of the order IDs. Everything else was checked before.
    Findings known(0);
    Counts counted;
    const Task again{link, options, report.horizon, known, counted};
    const Task& pass = number == 0 ? task : again;
    std::vector<CheckerPtr> checks;
    checks.push_back(check_requests(pass));
    if (number == 0) checks.push_back(check_letters(task));
    if (number == 0) checks.push_back(check_stock(task));
    checks.push_back(check_decisions(task, {number, parts}));
    read_results(pass, checks);
  }
  report.counts.passes = parts;
  list_what_was_not_checked(task);
  report.advice = advice_on(task);
  return report;
}

}  // namespace

void Findings::add(Check check, const Place& place, std::string_view detail) {
  Tally& tally = tallies_[check.index];
  tally.newest = std::max(tally.newest, place.result);
  if (tally.violations++ >= kept_max_) return;
  const auto text = [](Id id) { return id == Id{} ? std::string() : id.text(); };
  tally.kept.push_back(
      {text(place.result), text(place.request), std::string(place.order), std::string(place.sku), std::string(detail)});
}

uint64_t Findings::violations() const {
  uint64_t all = 0;
  for (const Tally& tally : tallies_) all += tally.violations;
  return all;
}

// What was trimmed while it was read cannot be told from what is missing: then all is read again from the new
// beginning.
Result<Report> run(valkey::SyncClient& client, const Link::Explain& explain, const Options& options) {
  for (int attempt = 1;; ++attempt) {
    Link link(client, explain);
    Report report = run_once(link, options);
    if (!link.failure()) return report;
    if (attempt == kAttemptsMax || !link.fails_for_now()) return *link.failure();
  }
}

}  // namespace orderd::audit
