// One lane's facts, as text or as JSON.
#include "orderctl/status.h"

#include <algorithm>
#include <utility>

#include "shared/json.h"
#include "shared/options.h"

namespace orderd::tools {
namespace {

constexpr const char* kNotKnown = "not known";

Json json_of(const ServerFacts& server) {
  return {{"address", server.address},
          {"version", or_null(server.version)},
          {"role", or_null(server.role)},
          {"append_only", or_null(server.append_only)},
          {"aof_load_truncated", or_null(server.load_truncated)},
          {"maxmemory_policy", or_null(server.policy)},
          {"memory_used", or_null(server.memory_used)},
          {"memory_max", or_null(server.memory_max)}};
}

// Since when, if that can be read, and why.
std::pair<std::optional<uint64_t>, std::string> parts_of_pause(const std::string& paused) {
  const std::size_t space = std::min(paused.find(' '), paused.size());
  const auto since_ms = whole_of(std::string_view(paused).substr(0, space));
  return {since_ms, since_ms ? paused.substr(std::min(space + 1, paused.size())) : paused};
}

Json json_of(const StreamFacts& stream) {
  return {{"stream", stream.name}, {"length", or_null(stream.length)}};
}

std::string server_text(const ServerFacts& server) {
  std::string text = server.address + ", " + (server.version.empty() ? "version not known" : shown(server.version));
  if (!server.role.empty()) text += ", " + server.role;
  if (server.append_only) text += std::string(", append-only file ") + (*server.append_only ? "on" : "off");
  return text;
}

std::string memory_text(const ServerFacts& server) {
  if (!server.memory_used) return kNotKnown;
  std::string text = mebibytes_text(*server.memory_used) + " used";
  if (server.memory_max)
    text += *server.memory_max == 0 ? ", no limit set" : " of " + mebibytes_text(*server.memory_max);
  if (!server.policy.empty()) text += ", maxmemory-policy " + shown(server.policy);
  return text;
}

std::string active_text(const StatusFacts& facts) {
  if (!facts.owner_known) return kNotKnown;
  if (!facts.owner) return "none";
  std::string text = "'" + shown(facts.owner->name) + "'";
  if (facts.owner->since_ms) text += " since " + time_text(*facts.owner->since_ms);
  if (facts.owner->active) text += ", for " + duration_text(*facts.owner->active);
  return text + (facts.owner->left ? "; its lease ends in " + duration_text(*facts.owner->left) : "");
}

std::string standby_text(const std::vector<StandbyFacts>& standby) {
  std::string text;
  for (const StandbyFacts& daemon : standby) {
    text.append(text.empty() ? "" : ", ").append("'" + shown(daemon.name) + "'");
    if (daemon.seen) text += ", seen " + duration_text(*daemon.seen) + " ago";
  }
  return text.empty() ? "none" : text;
}

std::string length_text(const StreamFacts& stream) {
  if (!stream.length) return kNotKnown;
  return count_text(*stream.length, "entry", "entries") + " in '" + shown(stream.name) + "'";
}

std::string position_text(const PositionFacts& position) {
  if (!position.known) return kNotKnown;
  if (position.id.empty()) return "none: orderd has not served this stream yet";
  std::string text = shown(position.id);
  if (!position.result.empty()) text += ", its result is " + shown(position.result);
  return text;
}

std::string waiting_text(const WaitingFacts& waiting) {
  std::string text = waiting.count ? std::to_string(*waiting.count) : kNotKnown;
  if (!waiting.oldest.empty()) text += ", the oldest is " + shown(waiting.oldest);
  if (waiting.age) text += ", for " + duration_text(*waiting.age);
  return text;
}

std::string group_text(const GroupFacts& group) {
  const std::string name = "'" + shown(group.name) + "'";
  if (!group.exists) return name + " does not exist; orderd creates it for monitoring";
  return name + (group.lag ? " shows a lag of " + std::to_string(*group.lag) : ", lag not known");
}

void row(const char* name, const std::string& text) {
  print(colored(padded(name, 14), Color::kBold) + text + "\n");
}

}  // namespace

void print_server(const ServerFacts& server) {
  row("server", server_text(server));
  row("memory", memory_text(server));
}

void print_page(const StatusFacts& facts, const std::string& lane) {
  if (!lane.empty()) row("lane", lane);
  print_server(facts.server);
  row("active", active_text(facts));
  row("standby", standby_text(facts.standby));
  row("orders", length_text(facts.orders) + (facts.newest.empty() ? "" : ", the newest is " + shown(facts.newest)));
  row("position", position_text(facts.position));
  if (!facts.position.paused.empty()) {
    const auto [since_ms, why] = parts_of_pause(facts.position.paused);
    row("paused",
        (since_ms ? "since " + time_text(*since_ms) + ": " : "") + shown(why) + "; orderctl resume ends that");
  }
  row("settled", facts.position.settled ? std::to_string(*facts.position.settled) : kNotKnown);
  row("waiting", waiting_text(facts.waiting));
  if (facts.position.deleted > 0) {
    row("deleted", count_text(facts.position.deleted, "entry", "entries") + " before they were settled");
  }
  if (facts.group) row("group", group_text(*facts.group));
  row("results", length_text(facts.results));
  row("dead letters", length_text(facts.dead));
  if (!facts.warnings.empty()) print("\n");
  for (const std::string& warning : facts.warnings) print(colored("warning: ", Color::kYellow) + warning + "\n");
}

Json json_of(const StatusFacts& facts) {
  Json active;
  if (const auto& owner = facts.owner) {
    active = {{"name", owner->name},
              {"since_ms", or_null(owner->since_ms)},
              {"active_ms", or_null(owner->active)},
              {"lease_left_ms", or_null(owner->left)}};
  }
  Json standby = Json::array();
  for (const auto& [name, seen] : facts.standby) standby.push_back({{"name", name}, {"seen_ms", or_null(seen)}});
  Json orders = json_of(facts.orders);
  orders["newest"] = or_null(facts.newest);
  Json group;
  if (facts.group) {
    group = {{"name", facts.group->name}, {"exists", facts.group->exists}, {"lag", or_null(facts.group->lag)}};
  }
  const PositionFacts& position = facts.position;
  Json paused;
  if (!position.paused.empty()) {
    const auto [since_ms, why] = parts_of_pause(position.paused);
    paused = {{"since_ms", or_null(since_ms)}, {"reason", why}};
  }
  return {{"server", json_of(facts.server)},
          {"active", active},
          {"standby", standby},
          {"orders", orders},
          {"position", or_null(position.id)},
          {"settled", or_null(position.settled)},
          {"last_result", or_null(position.result)},
          {"paused", paused},
          {"deleted_before_settled", position.known ? Json(position.deleted) : Json()},
          {"waiting",
           {{"count", or_null(facts.waiting.count)},
            {"oldest", or_null(facts.waiting.oldest)},
            {"oldest_ms", or_null(facts.waiting.age)}}},
          {"group", group},
          {"results", json_of(facts.results)},
          {"dead", json_of(facts.dead)},
          {"warnings", facts.warnings}};
}

}  // namespace orderd::tools
