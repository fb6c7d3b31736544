// Each question is asked once. XINFO STREAM copies the first and the last entry, which may be large: it is asked of the
// orders stream only; the others are known by their length.
#include "orderctl/status.h"

#include <algorithm>
#include <array>

#include "order/keys.h"
#include "orderctl/questions.h"
#include "shared/entry.h"
#include "shared/options.h"
#include "shared/output.h"

namespace orderd::tools {
namespace {

using valkey::OwnedReply;
using valkey::Reply;

ServerFacts read_server(Questions& questions, const std::string& address) {
  ServerFacts facts;
  facts.address = address;
  const OwnedReply truncated = questions.ask("CONFIG GET", "", "aof-load-truncated");
  const std::string_view value = value_of(truncated.view(), "aof-load-truncated").text();
  if (!value.empty()) facts.load_truncated = value == "yes";
  const Questions::Fields info = questions.ask_info("server", "replication", "memory", "persistence");
  const std::string valkey = value_in(info, "valkey_version"), redis = value_in(info, "redis_version");
  if (!valkey.empty()) facts.version = "Valkey " + valkey;
  if (valkey.empty() && !redis.empty()) facts.version = "Redis " + redis;
  const std::string role = value_in(info, "role");
  if (!role.empty()) facts.role = role == "master" ? "primary" : "replica";
  facts.policy = value_in(info, "maxmemory_policy");
  const std::string append_only = value_in(info, "aof_enabled");
  if (!append_only.empty()) facts.append_only = append_only == "1";
  facts.memory_used = whole_of(value_in(info, "used_memory"));
  facts.memory_max = whole_of(value_in(info, "maxmemory"));
  return facts;
}

std::optional<milliseconds> since(std::optional<uint64_t> now_ms, std::optional<uint64_t> then_ms) {
  if (!now_ms || !then_ms) return std::nullopt;
  return milliseconds(*now_ms - std::min(*now_ms, *then_ms));
}

StreamFacts read_length(Questions& questions, const std::string& name) {
  StreamFacts facts;
  facts.name = name;
  const OwnedReply reply = questions.ask("XLEN", name);
  if (reply->is_integer()) facts.length = static_cast<uint64_t>(reply->integer());
  return facts;
}

// "<name> <token> <since, ms> <lease, ms>"; the name may hold spaces.
OwnerFacts parse_owner(std::string_view text) {
  OwnerFacts facts;
  facts.name = text;
  std::array<std::string_view, 3> words;  // from the last: lease, since, token
  for (std::string_view& word : words) {
    const std::size_t space = text.rfind(' ');
    if (space == std::string_view::npos) return facts;  // not written by orderd
    word = text.substr(space + 1);
    text = text.substr(0, space);
  }
  const auto since_ms = whole_of(words[1]);
  if (!since_ms || !whole_of(words[0])) return facts;
  facts.name = text;
  facts.since_ms = since_ms;
  return facts;
}

void read_daemons(Questions& questions, const settings::Settings& settings, std::optional<uint64_t> now_ms,
                  StatusFacts& facts) {
  const std::string owner_key = order::owner_key(settings.streams.orders);
  const OwnedReply owner = questions.ask("GET", owner_key);
  facts.owner_known = !owner->lost();
  if (owner->is_string()) {
    facts.owner = parse_owner(owner->text());
    facts.owner->active = since(now_ms, facts.owner->since_ms);
    const OwnedReply left = questions.ask("PTTL", owner_key);
    if (left->is_integer() && left->integer() >= 0) facts.owner->left = milliseconds(left->integer());
  }
  const OwnedReply standby = questions.ask("ZRANGE", order::standby_key(settings.streams.orders), 0, -1, "WITHSCORES");
  // A daemon that was not seen for three leases has stopped: it would have been seen at least six times.
  const milliseconds silence_max = 3 * settings.processing.lease;
  for (std::size_t i = 0; i + 1 < standby->size(); i += 2) {
    const auto seen = since(now_ms, whole_of(standby->at(i + 1).text()));
    if (!seen || *seen <= silence_max) facts.standby.push_back({std::string(standby->at(i).text()), seen});
  }
}

PositionFacts read_position(Questions& questions, const std::string& orders) {
  PositionFacts position;
  const std::string key = order::position_key(orders);
  const OwnedReply reply = questions.ask("HGETALL", key);
  const auto text = [&reply](std::string_view name) { return value_of(reply.view(), name).text(); };
  position.known = reply->is_array();
  position.id = text("id");
  position.result = text("result");
  position.settled = position.known && position.id.empty() ? 0 : whole_of(text("count"));
  position.deleted = whole_of(text("deleted")).value_or(0);
  position.paused = text("paused");
  const std::string_view base = text("base");
  const bool negative = base.starts_with("-");  // orderd counts from where it began
  if (const auto number = whole_of(base.substr(negative ? 1 : 0))) {
    position.base = negative ? -static_cast<int64_t>(*number) : static_cast<int64_t>(*number);
  }
  return position;
}

// How many of the orders stream's entries come after the position. Nothing: that cannot be said without counting them.
std::optional<uint64_t> count_waiting(const Reply& info, uint64_t length, const PositionFacts& position) {
  const auto at = parse_id(position.id);
  const auto first = parse_id(value_of(info, "first-entry").at(0).text());
  const auto last = parse_id(value_of(info, "last-entry").at(0).text());
  if (!first || !last) return 0;
  if (!at || *at < *first) return length;
  if (*last <= *at) return 0;
  if (!position.base || !position.settled) return std::nullopt;
  // Entries that were deleted meanwhile count until orderd notices.
  const int64_t added = value_of(info, "entries-added").integer();
  const int64_t waiting = added - *position.base - static_cast<int64_t>(*position.settled);
  return std::clamp<uint64_t>(static_cast<uint64_t>(std::max<int64_t>(waiting, 1)), 1, length);
}

void read_orders(Questions& questions, const settings::Settings& settings, std::optional<uint64_t> now_ms,
                 StatusFacts& facts) {
  const std::string& name = settings.streams.orders;
  facts.orders.name = name;
  facts.position = read_position(questions, name);
  const OwnedReply info = questions.ask("XINFO STREAM", name);
  if (info->lost()) return;
  // Without the stream the reply is an error, which has no values.
  const auto length = static_cast<uint64_t>(value_of(info.view(), "length").integer());
  facts.orders.length = length;
  facts.newest = value_of(info.view(), "last-generated-id").text();
  if (!facts.position.known) return;
  WaitingFacts& waiting = facts.waiting;
  waiting.count = count_waiting(info.view(), length, facts.position);
  if (waiting.count == 0U) return;
  if (waiting.count == length) {
    waiting.oldest = value_of(info.view(), "first-entry").at(0).text();
  } else {
    const OwnedReply next = questions.ask("XRANGE", name, "(" + facts.position.id, "+", "COUNT", 1);
    waiting.oldest = next->at(0).at(0).text();
  }
  const auto oldest = parse_id(waiting.oldest);
  waiting.age = since(now_ms, oldest ? std::optional(oldest->ms) : std::nullopt);
}

std::optional<GroupFacts> read_group(Questions& questions, const std::string& stream, const std::string& group) {
  if (group.empty()) return std::nullopt;
  GroupFacts facts;
  facts.name = group;
  const OwnedReply reply = questions.ask("XINFO GROUPS", stream);
  for (std::size_t i = 0; i < reply->size(); ++i) {
    const Reply info = reply->at(i);
    if (value_of(info, "name").text() != group) continue;
    facts.exists = true;
    const Reply lag = value_of(info, "lag");
    if (lag.is_integer() && lag.integer() >= 0) facts.lag = static_cast<uint64_t>(lag.integer());
  }
  return facts;
}

std::vector<std::string> warnings_of(const StatusFacts& facts) {
  std::vector<std::string> out;
  const ServerFacts& server = facts.server;
  if (server.role == "replica") {
    out.emplace_back("the server is a replica and accepts no writes; set valkey.url to its primary");
  }
  if (!server.policy.empty() && server.policy != "noeviction") {
    out.push_back("maxmemory-policy is '" + shown(server.policy) +
                  "': at maxmemory the server deletes keys, and with them stock, orders or results; set it to "
                  "noeviction");
  }
  if (server.append_only == false) {
    out.emplace_back(
        "the append-only file is off: when the server stops, it loses everything since its last snapshot, sales "
        "included; set appendonly to yes");
  } else if (server.load_truncated == true) {
    out.emplace_back(
        "aof-load-truncated is yes: after a power loss that tore the append-only file, the server may execute half a "
        "decision, stock taken without a result; set it to no (docs/operations.md, Torn append-only file)");
  }
  const bool waits = facts.waiting.count.value_or(0) > 0 || !facts.waiting.oldest.empty();
  if (facts.owner_known && !facts.owner && waits) {
    out.emplace_back("requests are waiting and no orderd is active; start orderd, or see its log");
  }
  return out;
}

}  // namespace

Result<StatusFacts> read_status(Client& client, const settings::Settings& settings) {
  Questions questions(client);
  StatusFacts facts;
  facts.server = read_server(questions, client.server());
  const auto now_ms = questions.ask_time();
  read_daemons(questions, settings, now_ms, facts);
  read_orders(questions, settings, now_ms, facts);
  facts.group = read_group(questions, settings.streams.orders, settings.streams.group);
  facts.results = read_length(questions, settings.streams.results);
  facts.dead = read_length(questions, settings.dead());
  facts.warnings = warnings_of(facts);
  if (now_ms) {
    for (const auto& [what, command] : find_slow_groups(questions, settings, *now_ms)) {
      facts.warnings.push_back(what + "; if nobody uses it: " + command);
    }
  }
  if (const auto outcome = questions.outcome(); !outcome) return outcome.failure();
  for (std::string& warning : questions.warnings()) facts.warnings.push_back(std::move(warning));
  return facts;
}

}  // namespace orderd::tools
