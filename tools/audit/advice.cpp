// Another orders stream may write into this results stream. Its position then refers to a result in it, for a request
// that is not in our orders stream.
#include <algorithm>
#include <set>

#include "audit/checks.h"

namespace orderd::audit {
namespace {

using valkey::Command;

constexpr std::string_view kPositionSuffix = ":position";
// About how many keys to scan for positions of other streams.
constexpr uint64_t kScannedMax = 1'000'000;
constexpr uint64_t kScanCount = 1000;

std::string in_quotes(std::string_view name) {
  return "'" + std::string(name) + "'";
}

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
    streams.append(streams.empty() ? "" : ", ").append(in_quotes(name));
  }
  if (streams.empty()) return "";
  return "request_order, invented_request, position_differs: " + in_quotes(task.options.names.results) +
         " also holds results for requests of " + streams + ", which are not requests of " +
         in_quotes(task.options.names.orders) +
         ". Each orders stream needs its own results stream: set streams.results of one of them to another name";
}

}  // namespace

std::vector<std::string> advice_on(const Task& task) {
  std::vector<std::string> advice = {on_requests(task), on_stock(task.findings)};
  std::erase(advice, "");
  return advice;
}

}  // namespace orderd::audit
