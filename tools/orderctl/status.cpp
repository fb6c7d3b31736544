// The facts of status_facts.h, as text or as JSON.
#include "orderctl/status.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

#include "orderctl/status_facts.h"
#include "shared/options.h"
#include "shared/output.h"

namespace orderd::tools {
namespace {

constexpr const char* kStatusHelp =
    R"(position: the last settled request. settled: requests with a result. waiting: requests after the position.
active: the daemon that settles; standby: daemons that take over when it is gone.
What the server does not say, or does not let this user ask, is "not known".

Examples:
  orderctl status
  orderctl status --json | jq .waiting.count
  orderctl status --check --max-age 5s      for scripts and health checks

With --check nothing is shown but what is wrong, and the exit status is 1 when no daemon is active, when the oldest waiting
request is older than --max-age, or when this cannot be told.)";

constexpr const char* kNotKnown = "not known";

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}
Json or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}
Json or_null(const std::optional<milliseconds>& time) {
  return time ? Json(time->count()) : Json();
}

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

Json json_of(const std::optional<OwnerFacts>& owner) {
  if (!owner) return {};
  return {{"name", owner->name},
          {"since_ms", or_null(owner->since_ms)},
          {"active_ms", or_null(owner->active)},
          {"lease_left_ms", or_null(owner->left)}};
}

Json json_of(const std::vector<StandbyFacts>& standby) {
  Json out = Json::array();
  for (const StandbyFacts& daemon : standby) out.push_back({{"name", daemon.name}, {"seen_ms", or_null(daemon.seen)}});
  return out;
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

Json json_of(const StatusFacts& facts) {
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
          {"active", json_of(facts.owner)},
          {"standby", json_of(facts.standby)},
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

std::string mebibytes(uint64_t bytes) {
  std::array<char, 32> text;
  (void)std::snprintf(text.data(), text.size(), "%.1f MiB", static_cast<double>(bytes) / (1024 * 1024));
  return text.data();
}

std::string server_text(const ServerFacts& server) {
  std::string text = server.address + ", " + (server.version.empty() ? "version not known" : shown(server.version));
  if (!server.role.empty()) text += ", " + server.role;
  if (server.append_only) text += std::string(", append-only file ") + (*server.append_only ? "on" : "off");
  return text;
}

std::string memory_text(const ServerFacts& server) {
  if (!server.memory_used) return kNotKnown;
  std::string text = mebibytes(*server.memory_used) + " used";
  if (server.memory_max) text += *server.memory_max == 0 ? ", no limit set" : " of " + mebibytes(*server.memory_max);
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

void print_text(const StatusFacts& facts) {
  const auto row = [](const char* name, const std::string& text) {
    constexpr std::size_t kLabelWidth = 14;
    std::string label(name);
    label.resize(kLabelWidth, ' ');
    print(colored(label, Color::kBold) + text + "\n");
  };
  row("server", server_text(facts.server));
  row("memory", memory_text(facts.server));
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

// What keeps orders from being processed, one sentence each.
std::vector<std::string> obstacles(const StatusFacts& facts, milliseconds max_age) {
  std::vector<std::string> out;
  if (!facts.owner_known) {
    out.emplace_back("which daemon is active is not known");
  } else if (!facts.owner) {
    out.emplace_back("no orderd is active");
  }
  if (!facts.waiting.count && !facts.waiting.age) {
    out.emplace_back("what waits is not known");
  } else if (facts.waiting.age && *facts.waiting.age > max_age) {
    out.push_back("the oldest waiting request, " + shown(facts.waiting.oldest) + ", has waited for " +
                  duration_text(*facts.waiting.age) +
                  (facts.position.paused.empty() ? "" : ": the lane is paused; see orderctl resume"));
  }
  return out;
}

Result<int> check(const Context& context, milliseconds max_age) {
  auto client = Client::connect(context.settings);
  if (!client) return client.failure();
  const auto facts = read_status(*client, context.settings);
  if (!facts) return facts.failure();
  const auto found = obstacles(*facts, max_age);
  if (context.json) print_json({{"good", found.empty()}, {"obstacles", found}});
  for (const std::string& each : found) note(each);
  return found.empty() ? kDone : kFailed;
}

Result<int> status(const Context& context) {
  auto client = Client::connect(context.settings);
  if (!client) return client.failure();
  const auto facts = read_status(*client, context.settings);
  if (!facts) return facts.failure();
  if (context.json) {
    print_json(json_of(*facts));
  } else {
    print_text(*facts);
  }
  return kDone;
}

}  // namespace

Status::Status(CLI::App& parent, Program& program) {
  CLI::App* app =
      add_command(parent, "status", "show who is active, what waits, and problems of the server", kStatusHelp);
  add_json(*app, program);
  CLI::Option* check_flag =
      app->add_flag("--check", check_, "show only what keeps orders from being processed; exit 1");
  add_duration(*app, "--max-age", max_age_, "with --check: how long a request may wait [10s]")->needs(check_flag);
  app->callback([this, &program] {
    program.action = [this](const Context& context) { return check_ ? check(context, max_age_) : status(context); };
  });
}

}  // namespace orderd::tools
