// Takes the horizon, then walks over results, requests and dead letters in parallel, then compares the keys.
#include "audit/audit.h"

#include <set>

#include "audit/checks.h"

namespace orderd::audit {
namespace {

using valkey::Command;

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

// Another orders stream may write into this results stream. Its position then refers to a result in it, for a request
// that is not in our orders stream.
constexpr std::string_view kPositionSuffix = ":position";
// About how many keys to scan for positions of other streams.
constexpr uint64_t kScannedMax = 1'000'000;
constexpr uint64_t kScanCount = 1000;

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

// Whether this key is a position that refers to our results stream, for a request that we do not have.
bool shares_results(const Task& task, const std::string& key) {
  const auto held = task.link.ask(Command::of("HMGET", key, "id", "result"));
  const auto request = id_of(held->at(0).text());
  const auto result = id_of(held->at(1).text());
  if (!request || !result) return false;
  ResultCursor named(task.link, task.options.results, *result, *result);
  const ResultEntry* const entry = named.next();
  if (entry == nullptr || !entry->good() || entry->request != *request) return false;
  const bool absent = Cursor(task.link, task.options.orders, *request, *request).peek() == nullptr;
  return absent && !task.link.failure();
}

std::string on_requests(const Task& task) {
  const auto violated = [&task](Check check) { return task.findings.of(check).violations > 0; };
  if (!violated("request_order") && !violated("invented_request") && !violated("position_differs")) return "";
  std::set<std::string> keys;
  std::string cursor = "0";
  uint64_t scanned = 0;
  do {
    const auto page = task.link.ask(
        Command::of("SCAN", cursor, "MATCH", "*" + std::string(kPositionSuffix), "COUNT", kScanCount, "TYPE", "hash"));
    for (std::size_t i = 0; i < page->at(1).size(); ++i) keys.emplace(page->at(1).at(i).text());
    cursor = page->at(0).text();
    scanned += kScanCount;
  } while (!cursor.empty() && cursor != "0" && scanned < kScannedMax);
  keys.erase(task.options.position);
  std::string streams;
  for (const std::string& key : keys) {
    if (!shares_results(task, key)) continue;
    streams += (streams.empty() ? "'" : ", '") + key.substr(0, key.size() - kPositionSuffix.size()) + "'";
  }
  if (streams.empty()) return "";
  return "request_order, invented_request, position_differs: '" + task.options.results +
         "' also holds results for requests of " + streams + ", which are not requests of '" + task.options.orders +
         "'. Each orders stream needs its own results stream: set streams.results of one of them to another name";
}

// What to do about violations with a known cause: stock changed by hand, and orders streams that share a results
// stream. Sentences to print. What this user has no right to read is left out.
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
  if (!link.failure()) report.advice = advice_on(task);
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
