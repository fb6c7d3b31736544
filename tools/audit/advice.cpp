// Another orders stream may write into this results stream. Its position then refers to a result in it, for a request
// that is not in our orders stream.
#include "audit/advice.h"

#include <algorithm>
#include <string_view>

#include "audit/cursor.h"
#include "audit/result_entry.h"

namespace orderd::audit {
namespace {

using valkey::Command;

constexpr std::string_view kPosition = ":position";
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

// The name of the orders stream if this key is a position that refers to our results stream.
bool shares_results(Link& link, const Options& options, const std::string& key) {
  const auto held = link.ask(Command::of("HMGET", key, "id", "result"));
  if (!held) return false;
  const auto request = id_of((*held)->at(0).text());
  const auto result = id_of((*held)->at(1).text());
  if (!request || !result) return false;
  const auto found = link.ask(Command::of("XRANGE", options.names.results, result->text(), result->text()));
  RawEntry entry;
  if (!found || (*found)->size() == 0 || !read_entry((*found)->at(0), entry)) return false;
  ResultDecoder decoder;
  ResultEntry decoded;
  if (decoder.decode(entry.fields, decoded) != nullptr || decoded.request != *request) return false;
  const auto own = link.ask(Command::of("XRANGE", options.names.orders, request->text(), request->text()));
  return own && (*own)->size() == 0;
}

std::vector<std::string> other_streams(Link& link, const Options& options) {
  std::vector<std::string> names;
  std::string cursor = "0";
  for (uint64_t scanned = 0; scanned < kScannedMax; scanned += kScanCount) {
    const auto page = link.ask(
        Command::of("SCAN", cursor, "MATCH", "*" + std::string(kPosition), "COUNT", kScanCount, "TYPE", "hash"));
    if (!page) break;
    for (std::size_t i = 0; i < (*page)->at(1).size(); ++i) {
      const std::string key((*page)->at(1).at(i).text());
      if (key == options.names.position || !shares_results(link, options, key)) continue;
      names.push_back(key.substr(0, key.size() - kPosition.size()));
    }
    cursor = (*page)->at(0).text();
    if (cursor == "0") break;
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

std::string on_requests(Link& link, const Options& options, const Findings& findings) {
  constexpr Check kSuspicious[] = {Check::kRequestOrder, Check::kInventedRequest, Check::kPositionDiffers};
  const bool suspicious = std::any_of(std::begin(kSuspicious), std::end(kSuspicious),
                                      [&](Check check) { return findings.violations(check) > 0; });
  std::string streams;
  if (suspicious) {
    for (const std::string& name : other_streams(link, options)) {
      streams.append(streams.empty() ? "" : ", ").append(in_quotes(name));
    }
  }
  if (streams.empty()) return "";
  const std::string results = in_quotes(options.names.results);
  return "request_order, invented_request, position_differs: " + results + " also holds results for requests of " +
         streams + ", which are not requests of " + in_quotes(options.names.orders) +
         ". Each orders stream needs its own results stream: set streams.results of one of them to another name";
}

}  // namespace

std::vector<std::string> advice_on(Link& link, const Options& options, const Findings& findings) {
  std::vector<std::string> advice = {on_requests(link, options, findings), on_stock(findings)};
  std::erase(advice, "");
  return advice;
}

}  // namespace orderd::audit
