// The checks of the lanes on a server: streams, keys, rights.
#include <algorithm>
#include <cmath>

#include "orderctl/checkup.h"
#include "settings/rights.h"
#include "shared/entry.h"
#include "shared/options.h"
#include "shared/output.h"

namespace orderd::tools {
namespace {

using std::chrono::milliseconds;
using valkey::OwnedReply;

// An ID this far in the future shows in ages and times.
constexpr uint64_t kFutureMs = 60'000;
// A rate needs a stream with at least this many entries, over at least this time.
constexpr uint64_t kRateEntries = 100, kRateMs = 60'000;
// A record with its key and its time to live, in the server's memory (docs/operations.md).
constexpr uint64_t kRecordBytes = 157;

}  // namespace

std::optional<Checkup::Growth> Checkup::growth_of(const std::string& stream) {
  if (!now_ms_) return std::nullopt;
  const OwnedReply length = questions_.ask("XLEN", stream);
  const OwnedReply first = questions_.ask("XRANGE", stream, "-", "+", "COUNT", 1);
  const OwnedReply size = questions_.ask("MEMORY USAGE", stream);
  const auto oldest = StreamId::parse(first->at(0).at(0).text());
  if (!length->is_integer() || !size->is_integer() || !oldest || oldest->ms + kRateMs > *now_ms_) return std::nullopt;
  const auto entries = static_cast<uint64_t>(length->integer());
  if (entries < kRateEntries) return std::nullopt;
  return Growth{static_cast<uint64_t>(size->integer()) / entries,
                1000.0 * static_cast<double>(entries) / static_cast<double>(*now_ms_ - oldest->ms)};
}

void Checkup::growth() {
  const auto& kept = settings_.retention;
  const auto seconds = [](milliseconds time) { return static_cast<double>(time.count()) / 1000; };
  double rate = 0, bytes = 0;
  for (const settings::Settings& lane : lanes_) {
    const auto orders = growth_of(lane.streams.orders), results = growth_of(lane.streams.results);
    if (!orders || !results) continue;
    rate += orders->rate;
    bytes += orders->rate * (seconds(kept.orders) * static_cast<double>(orders->entry_bytes) +
                             seconds(kept.results) * static_cast<double>(results->entry_bytes) +
                             seconds(settings_.processing.dedup_window) * static_cast<double>(kRecordBytes));
  }
  const auto limit = whole_of(info("maxmemory")), machine = whole_of(info("total_system_memory"));
  if (rate == 0 || !limit || (*limit == 0 && !machine)) {
    return unknown("memory at today's rate",
                   "this needs 100 requests over a minute or more, and the rights to XLEN, XRANGE and MEMORY USAGE");
  }
  if (kept.orders.count() == 0 || kept.results.count() == 0) {
    return problem("retention.orders or retention.results is 0s: a stream grows forever",
                   "in the end it fills the memory", "set a retention");
  }
  const auto need = static_cast<uint64_t>(bytes);
  const uint64_t available = *limit == 0 ? *machine : *limit;
  const std::string what = std::to_string(std::lround(rate)) + " requests/s take " + mebibytes_text(need) +
                           " until the retentions are reached, of " + mebibytes_text(available);
  if (static_cast<double>(need) < kFullPart * static_cast<double>(available)) return good(what);
  problem(what, "when the memory is full, all orders wait",
          "shorten retention.orders (" + duration_text(kept.orders) + "), retention.results (" +
              duration_text(kept.results) + ") or processing.dedup_window (" +
              duration_text(settings_.processing.dedup_window) + "), or raise maxmemory");
}

void Checkup::rights() {
  std::vector<settings::Right> missing;
  for (const settings::Settings& lane : lanes_) {
    const auto of_lane = missing_rights(client_.connection(), lane);
    if (!of_lane) {
      failure_ = of_lane.error();
      return;
    }
    // A right to a command without a key is missing for all lanes.
    for (const settings::Right& right : *of_lane) {
      const auto same = [&](const settings::Right& each) { return each.grant == right.grant; };
      if (std::none_of(missing.begin(), missing.end(), same)) missing.push_back(right);
    }
  }
  const auto endpoint = settings_.endpoint();
  const std::string user = endpoint && !endpoint->username.empty() ? shown(endpoint->username) : "default";
  if (missing.empty()) return good("the user '" + user + "' may do what orderd needs" + in_lanes());
  for (const settings::Right& right : missing) {
    problem("the user '" + user + "' may not run " + shown(right.what),
            "orderd needs it; where orderd has another user, --skip rights, and run orderd --check --online with its "
            "settings",
            "ACL SETUSER " + user + " '" + shown(right.grant) + "'");
  }
}

void Checkup::ids() {
  if (!now_ms_) return unknown("from the future", "the server denies TIME");
  bool found = false;
  std::vector<std::string> streams;
  for (const settings::Settings& lane : lanes_) {
    streams.insert(streams.end(), {lane.streams.orders, lane.streams.results});
  }
  for (const std::string& stream : streams) {
    const OwnedReply reply = questions_.ask("XREVRANGE", stream, "+", "-", "COUNT", 1);
    const auto newest = StreamId::parse(reply->at(0).at(0).text());
    if (!newest || newest->ms <= *now_ms_ + kFutureMs) continue;
    found = true;
    const std::string time = time_text(newest->ms);
    problem("the newest entry of '" + shown(stream) + "' is from the future: " + newest->text() +
                (time.empty() ? "" : ", " + time),
            "each new ID is above it: until then ages are wrong",
            "let producers push with '*'; where the server's clock was wrong, wait, or start a new stream "
            "(docs/operations.md)");
  }
  if (!found && !denied("from the future", {"XREVRANGE"})) good("none from the future" + in_lanes());
}

// What the questions before have found.
void Checkup::keys() {
  for (const settings::Settings& lane : lanes_) {
    for (const auto& [name, key] : {std::pair("HGETALL", lane.streams.orders + ":position"),
                                    std::pair("GET", lane.streams.orders + ":owner"), std::pair("XLEN", lane.dead())}) {
      (void)questions_.ask(name, key);
    }
  }
  const auto wrong = questions_.wrong_types();
  for (const std::string& each : wrong) {
    problem(each, "orderd waits until the key holds what it expects", "RENAME the key, or change the setting");
  }
  if (wrong.empty() && !denied("of another type", {"XLEN", "XREVRANGE", "HGETALL", "GET"})) {
    good("of the types that orderd expects" + in_lanes());
  }
}

void Checkup::groups() {
  if (!now_ms_) return unknown("that keep streams from being trimmed", "the server denies TIME");
  bool found = false;
  for (const settings::Settings& lane : lanes_) {
    for (const auto& [what, command] : find_slow_groups(questions_, lane, *now_ms_)) {
      found = true;
      problem(what, "a stream that is not trimmed fills the memory in the end",
              "let its consumers read and acknowledge; or, if nobody uses it: " + command);
    }
  }
  if (!found && !denied("that keep streams from being trimmed", {"XINFO GROUPS", "XPENDING", "XRANGE"})) {
    good("none keeps a stream from being trimmed" + in_lanes());
  }
}

}  // namespace orderd::tools
