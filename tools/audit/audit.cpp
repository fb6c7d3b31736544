// Takes the horizon, then walks over results, requests and dead letters in parallel, then compares the keys.
#include "audit/audit.h"

#include <set>

#include "audit/checks.h"

namespace orderd::audit {
namespace {

using valkey::Command;

constexpr uint64_t kProgressEvery = 8192;

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
      task.counts.lines += entry.lines.size();
      ++count_of(entry.kind, task.counts);
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

// Another orders stream may write into this results stream. Its position then refers to a result in it, for a request
// that is not in our orders stream.
constexpr std::string_view kPositionSuffix = ":position";
// About how many keys to scan for positions of other streams.
constexpr uint64_t kScannedMax = 1'000'000;
constexpr uint64_t kScanCount = 1000;

std::string on_stock(const Findings& findings) {
  const uint64_t keys = findings.violations(Check::kStockKeyDiffers);
  if (keys + findings.violations(Check::kChainBroken) == 0) return "";
  const std::string what =
      "chain_broken and stock_key_differs: stock was changed without orderctl stock. If that is explained, ";
  if (keys == 0) {
    return what + "audit from where the ledger is complete again: orderctl audit --from " +
           findings.newest(Check::kChainBroken).text();
  }
  return what +
         "write what the keys hold into the ledger: orderctl stock set SKU N --json, for each SKU of "
         "stock_key_differs. "
         "Then audit from there: orderctl audit --from ID, with the `entry` of the first one";
}

// Whether this key is a position that refers to our results stream, for a request that we do not have.
bool shares_results(const Task& task, const std::string& key) {
  const auto held = task.link.ask(Command::of("HMGET", key, "id", "result"));
  const auto request = id_of(held->at(0).text());
  const auto result = id_of(held->at(1).text());
  if (!request || !result) return false;
  const auto found = ask_entry(task.link, task.options.names.results, *result);
  RawEntry raw;
  if (!read_entry(found->at(0), raw)) return false;
  ResultEntry entry;
  if (ResultDecoder().decode(raw, entry) != nullptr || entry.request != *request) return false;
  const auto own = ask_entry(task.link, task.options.names.orders, *request);
  return own->is_array() && own->size() == 0;
}

std::set<std::string> other_streams(const Task& task) {
  std::set<std::string> names;
  std::string cursor = "0";
  for (uint64_t scanned = 0; scanned < kScannedMax; scanned += kScanCount) {
    const auto page = task.link.ask(
        Command::of("SCAN", cursor, "MATCH", "*" + std::string(kPositionSuffix), "COUNT", kScanCount, "TYPE", "hash"));
    for (std::size_t i = 0; i < page->at(1).size(); ++i) {
      const std::string key(page->at(1).at(i).text());
      if (key == task.options.names.position || !shares_results(task, key)) continue;
      names.insert(key.substr(0, key.size() - kPositionSuffix.size()));
    }
    cursor = page->at(0).text();
    if (cursor.empty() || cursor == "0") break;
  }
  return names;
}

std::string on_requests(const Task& task) {
  constexpr Check kSuspicious[] = {Check::kRequestOrder, Check::kInventedRequest, Check::kPositionDiffers};
  const bool suspicious = std::any_of(std::begin(kSuspicious), std::end(kSuspicious),
                                      [&](Check check) { return task.findings.violations(check) > 0; });
  if (!suspicious) return "";
  std::string streams;
  for (const std::string& name : other_streams(task)) {
    streams.append(streams.empty() ? "'" : ", '").append(name).append("'");
  }
  if (streams.empty()) return "";
  return "request_order, invented_request, position_differs: '" + task.options.names.results +
         "' also holds results for requests of " + streams + ", which are not requests of '" +
         task.options.names.orders +
         "'. Each orders stream needs its own results stream: set streams.results of one of them to another name";
}

// What to do about violations with a known cause: stock changed by hand, and orders streams that share a results
// stream. Sentences to print. What this user has no right to read is left out.
std::vector<std::string> advice_on(const Task& task) {
  std::vector<std::string> advice = {on_requests(task), on_stock(task.findings)};
  std::erase(advice, "");
  return advice;
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
