// Each question is asked once. XINFO STREAM copies the first and the last entry, which may be large: it is asked of the
// orders stream only; the others are known by their length.
#include <algorithm>
#include <array>

#include "order/keys.h"
#include "orderctl/questions.h"
#include "orderctl/status.h"
#include "shared/entry.h"
#include "shared/json.h"
#include "shared/options.h"

namespace orderd::tools {
namespace {

using std::chrono::milliseconds;
using valkey::OwnedReply;
using valkey::Reply;

Json read_server(Questions& questions, const std::string& address) {
  const OwnedReply reply = questions.ask("CONFIG GET", "", "aof-load-truncated");
  const std::string truncated(value_of(reply.view(), "aof-load-truncated").text());
  const Questions::Fields info = questions.ask_info("server", "replication", "memory", "persistence");
  const std::string valkey = value_in(info, "valkey_version"), redis = value_in(info, "redis_version");
  const std::string role = value_in(info, "role"), append_only = value_in(info, "aof_enabled");
  return {{"address", address},
          {"version", or_null(!valkey.empty()  ? "Valkey " + valkey
                              : !redis.empty() ? "Redis " + redis
                                               : "")},
          {"role", role.empty() ? Json() : Json(role == "master" ? "primary" : "replica")},
          {"append_only", append_only.empty() ? Json() : Json(append_only == "1")},
          {"aof_load_truncated", truncated.empty() ? Json() : Json(truncated == "yes")},
          {"maxmemory_policy", or_null(value_in(info, "maxmemory_policy"))},
          {"memory_used", or_null(whole_of(value_in(info, "used_memory")))},
          {"memory_max", or_null(whole_of(value_in(info, "maxmemory")))}};
}

std::optional<milliseconds> since(std::optional<uint64_t> now_ms, std::optional<uint64_t> then_ms) {
  if (!now_ms || !then_ms) return std::nullopt;
  return milliseconds(*now_ms - std::min(*now_ms, *then_ms));
}

Json read_length(Questions& questions, const std::string& stream) {
  const OwnedReply reply = questions.ask("XLEN", stream);
  return {{"stream", stream}, {"length", reply->is_integer() ? Json(reply->integer()) : Json()}};
}

// The active daemon, of lua/lease.lua: "<name> <token> <since, ms> <lease, ms>"; the name may hold spaces.
Json read_owner(std::string_view owner, const Reply& left, std::optional<uint64_t> now_ms) {
  std::string_view name = owner;
  std::array<std::string_view, 3> words;  // from the last: lease, since, token
  bool good = true;
  for (std::string_view& word : words) {
    const std::size_t space = std::min(name.rfind(' '), name.size());
    good = good && space < name.size();
    word = good ? name.substr(space + 1) : "";
    name = name.substr(0, space);
  }
  const auto since_ms = good && whole_of(words[0]) ? whole_of(words[1]) : std::nullopt;
  return {{"name", std::string(since_ms ? name : owner)},  // else not written by orderd
          {"since_ms", or_null(since_ms)},
          {"active_ms", or_null(since(now_ms, since_ms))},
          {"lease_left_ms", left.is_integer() && left.integer() >= 0 ? Json(left.integer()) : Json()}};
}

Json read_standby(Questions& questions, const settings::Settings& settings, std::optional<uint64_t> now_ms) {
  Json out = Json::array();
  const OwnedReply standby = questions.ask("ZRANGE", order::standby_key(settings.streams.orders), 0, -1, "WITHSCORES");
  // A daemon that was not seen for three leases has stopped: it would have been seen at least six times.
  const milliseconds silence_max = 3 * settings.processing.lease;
  for (std::size_t i = 0; i + 1 < standby->size(); i += 2) {
    const auto seen = since(now_ms, whole_of(standby->at(i + 1).text()));
    if (seen && *seen > silence_max) continue;
    out.push_back({{"name", std::string(standby->at(i).text())}, {"seen_ms", or_null(seen)}});
  }
  return out;
}

// Since when, in ms, if that can be read, and why (lua/pause.lua).
Json pause_of(const std::string& paused) {
  if (paused.empty()) return {};
  const std::size_t space = std::min(paused.find(' '), paused.size());
  const auto since_ms = whole_of(std::string_view(paused).substr(0, space));
  return {{"since_ms", or_null(since_ms)},
          {"reason", since_ms ? paused.substr(std::min(space + 1, paused.size())) : paused}};
}

// How many of the entries in `info`, of XINFO STREAM, come after the position, the hash of lua/join.lua. Nothing: that
// cannot be said without counting them.
std::optional<uint64_t> count_waiting(const Reply& info, const Reply& position, std::optional<uint64_t> settled) {
  const auto length = static_cast<uint64_t>(value_of(info, "length").integer());
  const auto at = StreamId::parse(value_of(position, "id").text());
  const auto first = StreamId::parse(value_of(info, "first-entry").at(0).text());
  const auto last = StreamId::parse(value_of(info, "last-entry").at(0).text());
  if (!first || !last) return 0;
  if (!at || *at < *first) return length;
  if (*last <= *at) return 0;
  // The stream's entries-added when `settled` was 0; negative: orderd counts from where it began.
  const std::string_view base = value_of(position, "base").text();
  const bool negative = base.starts_with("-");
  const auto number = whole_of(base.substr(negative ? 1 : 0));
  if (!number || !settled) return std::nullopt;
  const auto start = static_cast<int64_t>(*number) * (negative ? -1 : 1);
  // Entries that were deleted meanwhile count until orderd notices.
  const int64_t waiting = value_of(info, "entries-added").integer() - start - static_cast<int64_t>(*settled);
  return std::clamp<uint64_t>(static_cast<uint64_t>(std::max<int64_t>(waiting, 1)), 1, length);
}

void read_orders(Questions& questions, const std::string& name, std::optional<uint64_t> now_ms, Json& facts) {
  const OwnedReply position = questions.ask("HGETALL", order::position_key(name));
  const bool known = position->is_array();
  const auto text = [&](const char* field) { return std::string(value_of(position.view(), field).text()); };
  const std::string id = text("id");
  const auto settled = known && id.empty() ? std::optional<uint64_t>(0) : whole_of(text("count"));
  // Without the stream the reply is an error, which has no values.
  const OwnedReply info = questions.ask("XINFO STREAM", name);
  const auto length = value_of(info.view(), "length").integer();
  facts["orders"] = {{"stream", name},
                     {"length", info->lost() ? Json() : Json(length)},
                     {"newest", or_null(std::string(value_of(info.view(), "last-generated-id").text()))}};
  facts["position"] = or_null(id);
  facts["settled"] = or_null(settled);
  facts["last_result"] = or_null(text("result"));
  facts["paused"] = pause_of(text("paused"));
  facts["deleted_before_settled"] = known ? Json(whole_of(text("deleted")).value_or(0)) : Json();
  std::optional<uint64_t> count;
  if (known && !info->lost()) count = count_waiting(info.view(), position.view(), settled);
  std::string oldest;
  if (count && *count == static_cast<uint64_t>(length)) {
    oldest = value_of(info.view(), "first-entry").at(0).text();
  } else if (known && !info->lost() && count != 0U) {
    oldest = questions.ask("XRANGE", name, "(" + id, "+", "COUNT", 1)->at(0).at(0).text();
  }
  const auto oldest_id = StreamId::parse(oldest);
  const auto age = since(now_ms, oldest_id ? std::optional(oldest_id->ms) : std::nullopt);
  facts["waiting"] = {{"count", or_null(count)}, {"oldest", or_null(oldest)}, {"oldest_ms", or_null(age)}};
}

// The consumer group that shows the position to monitoring; null: streams.group is empty.
Json read_group(Questions& questions, const std::string& stream, const std::string& group) {
  if (group.empty()) return {};
  Json facts = {{"name", group}, {"exists", false}, {"lag", Json()}};
  const OwnedReply reply = questions.ask("XINFO GROUPS", stream);
  if (reply->lost()) facts["exists"] = nullptr;
  for (std::size_t i = 0; i < reply->size(); ++i) {
    const Reply info = reply->at(i);
    if (value_of(info, "name").text() != group) continue;
    facts["exists"] = true;
    const Reply lag = value_of(info, "lag");
    if (lag.is_integer() && lag.integer() >= 0) facts["lag"] = lag.integer();
  }
  return facts;
}

// What an operator should change, one sentence each.
std::vector<std::string> warnings_of(const Status& status) {
  std::vector<std::string> out;
  const Json& server = status.facts["server"];
  if (server["role"] == "replica") {
    out.emplace_back("the server is a replica and accepts no writes; set valkey.url to its primary");
  }
  if (const Json& policy = server["maxmemory_policy"]; !policy.is_null() && policy != "noeviction") {
    out.push_back("maxmemory-policy is '" + text_in(policy) +
                  "': at maxmemory the server deletes keys, and with them stock, orders or results; set it to "
                  "noeviction");
  }
  if (server["append_only"] == false) {
    out.emplace_back(
        "the append-only file is off: when the server stops, it loses everything since its last snapshot, sales "
        "included; set appendonly to yes");
  } else if (server["aof_load_truncated"] == true) {
    out.emplace_back(
        "aof-load-truncated is yes: after a power loss that tore the append-only file, the server may execute half a "
        "decision, stock taken without a result; set it to no (docs/operations.md, Torn append-only file)");
  }
  const Json& waiting = status.facts["waiting"];
  const bool waits = (!waiting["count"].is_null() && waiting["count"] != 0) || !waiting["oldest"].is_null();
  if (status.owner_known && status.facts["active"].is_null() && waits) {
    out.emplace_back("requests are waiting and no orderd is active; start orderd, or see its log");
  }
  return out;
}

}  // namespace

Result<Status> read_status(Client& client, const settings::Settings& settings) {
  const auto& streams = settings.streams;
  Questions questions(client);
  Status status;
  Json& facts = status.facts;
  facts["server"] = read_server(questions, client.server());
  const auto now_ms = questions.ask_time();
  const std::string owner_key = order::owner_key(streams.orders);
  const OwnedReply owner = questions.ask("GET", owner_key);
  status.owner_known = !owner->lost();
  facts["active"] =
      owner->is_string() ? read_owner(owner->text(), questions.ask("PTTL", owner_key).view(), now_ms) : Json();
  facts["standby"] = read_standby(questions, settings, now_ms);
  read_orders(questions, streams.orders, now_ms, facts);
  facts["group"] = read_group(questions, streams.orders, streams.group);
  facts["results"] = read_length(questions, streams.results);
  facts["dead"] = read_length(questions, settings.dead());
  std::vector<std::string> warnings = warnings_of(status);
  if (now_ms) {
    for (const auto& [what, command] : find_slow_groups(questions, settings, *now_ms)) {
      warnings.push_back(what + "; if nobody uses it: " + command);
    }
  }
  if (const auto outcome = questions.outcome(); !outcome) return outcome.failure();
  for (std::string& warning : questions.warnings()) warnings.push_back(std::move(warning));
  facts["warnings"] = warnings;
  return status;
}

}  // namespace orderd::tools
