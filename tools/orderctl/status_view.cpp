// One lane's facts as text.
#include "orderctl/status.h"

namespace orderd::tools {
namespace {

constexpr const char* kNotKnown = "not known";

std::string server_text(const Json& server) {
  const Json& version = server["version"];
  std::string text =
      server["address"].get<std::string>() + ", " + (version.is_null() ? "version not known" : text_in(version));
  if (!server["role"].is_null()) text += ", " + text_in(server["role"]);
  const Json& append_only = server["append_only"];
  if (!append_only.is_null()) text += append_only == true ? ", append-only file on" : ", append-only file off";
  return text;
}

std::string memory_text(const Json& server) {
  if (server["memory_used"].is_null()) return kNotKnown;
  std::string text = mebibytes_text(server["memory_used"]) + " used";
  const Json& limit = server["memory_max"];
  if (!limit.is_null()) text += limit == 0 ? ", no limit set" : " of " + mebibytes_text(limit);
  if (!server["maxmemory_policy"].is_null()) text += ", maxmemory-policy " + text_in(server["maxmemory_policy"]);
  return text;
}

std::string active_text(const Status& status) {
  const Json& active = status.facts["active"];
  if (!status.owner_known) return kNotKnown;
  if (active.is_null()) return "none";
  std::string text = "'" + text_in(active["name"]) + "'";
  if (!active["since_ms"].is_null()) text += " since " + time_text(active["since_ms"]);
  if (!active["active_ms"].is_null()) text += ", for " + duration_in(active["active_ms"]);
  if (!active["lease_left_ms"].is_null()) text += "; its lease ends in " + duration_in(active["lease_left_ms"]);
  return text;
}

std::string standby_text(const Json& standby) {
  std::string text;
  for (const Json& daemon : standby) {
    text.append(text.empty() ? "" : ", ").append("'" + text_in(daemon["name"]) + "'");
    if (!daemon["seen_ms"].is_null()) text += ", seen " + duration_in(daemon["seen_ms"]) + " ago";
  }
  return text.empty() ? "none" : text;
}

std::string length_text(const Json& stream) {
  if (stream["length"].is_null()) return kNotKnown;
  return count_text(stream["length"], "entry", "entries") + " in '" + text_in(stream["stream"]) + "'";
}

std::string position_text(const Json& facts) {
  if (facts["deleted_before_settled"].is_null()) return kNotKnown;
  if (facts["position"].is_null()) return "none: orderd has not served this stream yet";
  const Json& result = facts["last_result"];
  return text_in(facts["position"]) + (result.is_null() ? "" : ", its result is " + text_in(result));
}

std::string waiting_text(const Json& waiting) {
  std::string text = waiting["count"].is_null() ? kNotKnown : waiting["count"].dump();
  if (!waiting["oldest"].is_null()) text += ", the oldest is " + text_in(waiting["oldest"]);
  if (!waiting["oldest_ms"].is_null()) text += ", for " + duration_in(waiting["oldest_ms"]);
  return text;
}

std::string group_text(const Json& group) {
  const std::string name = "'" + text_in(group["name"]) + "'";
  if (group["exists"].is_null()) return name + ", not known";
  if (group["exists"] == false) return name + " does not exist; orderd creates it for monitoring";
  return name + (group["lag"].is_null() ? ", lag not known" : " shows a lag of " + group["lag"].dump());
}

void row(const char* name, const std::string& text) {
  print(colored(padded(name, 14), Color::kBold) + text + "\n");
}

}  // namespace

std::string text_in(const Json& fact) {
  return fact.is_null() ? "" : shown(fact.get_ref<const std::string&>());
}

std::string duration_in(const Json& fact) {
  return duration_text(std::chrono::milliseconds(fact.get<int64_t>()));
}

void print_server(const Json& server) {
  row("server", server_text(server));
  row("memory", memory_text(server));
}

void print_page(const Status& status, const std::string& lane) {
  const Json& facts = status.facts;
  if (!lane.empty()) row("lane", lane);
  print_server(facts["server"]);
  row("active", active_text(status));
  row("standby", standby_text(facts["standby"]));
  const std::string newest = text_in(facts["orders"]["newest"]);
  row("orders", length_text(facts["orders"]) + (newest.empty() ? "" : ", the newest is " + newest));
  row("position", position_text(facts));
  if (const Json& paused = facts["paused"]; !paused.is_null()) {
    const Json& since = paused["since_ms"];
    row("paused", (since.is_null() ? "" : "since " + time_text(since) + ": ") + text_in(paused["reason"]) +
                      "; orderctl resume ends that");
  }
  row("settled", facts["settled"].is_null() ? kNotKnown : facts["settled"].dump());
  row("waiting", waiting_text(facts["waiting"]));
  if (const Json& deleted = facts["deleted_before_settled"]; !deleted.is_null() && deleted != 0) {
    row("deleted", count_text(deleted, "entry", "entries") + " before they were settled");
  }
  if (!facts["group"].is_null()) row("group", group_text(facts["group"]));
  row("results", length_text(facts["results"]));
  row("dead letters", length_text(facts["dead"]));
  if (!facts["warnings"].empty()) print("\n");
  for (const auto& warning : facts["warnings"].get<std::vector<std::string>>()) {
    print(colored("warning: ", Color::kYellow) + warning + "\n");
  }
}

}  // namespace orderd::tools
