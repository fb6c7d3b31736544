// The facts of status_facts.h, as text or as JSON.
#include "orderctl/status.h"

#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "orderctl/status_facts.h"
#include "shared/options.h"
#include "shared/output.h"

namespace orderd::tools {
namespace {

constexpr const char* kMore =
    R"(waiting: pushed, not read by orderd yet. pending: read, not settled. settled: has its result.

Examples:
  orderctl status
  orderctl status --json | jq .group.lag)";

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}
Json or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

Json json_of(const StreamFacts& stream) {
  return {{"stream", stream.name},
          {"exists", stream.exists},
          {"length", stream.length},
          {"newest", or_null(stream.newest)}};
}

Json json_of(const GroupFacts& group) {
  Json oldest;
  if (group.oldest) {
    oldest = {{"request", group.oldest->id},
              {"consumer", group.oldest->consumer},
              {"age_ms", group.oldest->age.count()},
              {"idle_ms", group.oldest->idle.count()},
              {"deliveries", group.oldest->deliveries}};
  }
  Json consumers = Json::array();
  for (const ConsumerFacts& consumer : group.consumers) {
    consumers.push_back({{"name", consumer.name},
                         {"pending", consumer.pending},
                         {"idle_ms", consumer.idle.count()},
                         {"inactive_ms", consumer.inactive ? Json(consumer.inactive->count()) : Json()}});
  }
  return {{"name", group.name},
          {"exists", group.exists},
          {"lag", or_null(group.lag)},
          {"pending", group.pending},
          {"oldest_pending", oldest},
          {"settled", or_null(group.settled)},
          {"settled_up_to", or_null(group.position)},
          {"consumers", consumers}};
}

Json json_of(const StatusFacts& facts) {
  const ServerFacts& server = facts.server;
  return {{"server",
           {{"address", server.address},
            {"version", or_null(server.version)},
            {"role", or_null(server.role)},
            {"append_only", or_null(server.append_only)},
            {"aof_load_truncated", or_null(server.load_truncated)},
            {"maxmemory_policy", or_null(server.policy)},
            {"memory_used", server.memory_used},
            {"memory_max", server.memory_max}}},
          {"orders", json_of(facts.orders)},
          {"group", json_of(facts.group)},
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
  if (server.version.empty()) return server.address + ", which does not let this user ask about it (INFO)";
  return server.address + ", " + shown(server.version) + ", " + server.role + ", append-only file " +
         (server.append_only == true ? "on" : "off");
}

std::string memory_text(const ServerFacts& server) {
  return mebibytes(server.memory_used) + " used" +
         (server.memory_max == 0 ? ", no limit set" : " of " + mebibytes(server.memory_max)) + ", maxmemory-policy " +
         shown(server.policy);
}

std::string stream_text(const StreamFacts& stream, const char* maker) {
  if (!stream.exists) return "the stream '" + shown(stream.name) + "' is not there yet: " + maker + " makes it";
  return count_text(stream.length, "entry", "entries") + " in '" + shown(stream.name) + "'" +
         (stream.length > 0 ? ", the newest is " + shown(stream.newest) : "");
}

std::string group_text(const GroupFacts& group) {
  if (!group.exists) return "the group '" + shown(group.name) + "' is not there: orderd creates it when it starts";
  return "'" + shown(group.name) + "': " + (group.lag ? std::to_string(*group.lag) : "unknown") + " waiting, " +
         std::to_string(group.pending) + " pending, " + (group.settled ? std::to_string(*group.settled) : "unknown") +
         " settled";
}

std::string oldest_text(const PendingFacts& oldest) {
  return shown(oldest.id) + ", pushed " + duration_text(oldest.age) + " ago, delivered " +
         count_text(oldest.deliveries, "time") + ", last to '" + shown(oldest.consumer) + "' " +
         duration_text(oldest.idle) + " ago";
}

void print_text(const StatusFacts& facts) {
  const auto row = [](const char* name, const std::string& text) {
    std::string label(name);
    label.resize(std::max<std::size_t>(label.size(), 16), ' ');
    print(colored(label, Color::kBold) + text + "\n");
  };
  row("server", server_text(facts.server));
  if (!facts.server.policy.empty()) row("memory", memory_text(facts.server));
  row("orders", stream_text(facts.orders, "the first order"));
  row("group", group_text(facts.group));
  if (facts.group.oldest) row("oldest pending", oldest_text(*facts.group.oldest));
  row("settled up to", facts.group.position.empty() ? "not written down yet" : shown(facts.group.position));
  row("results", stream_text(facts.results, "the first result"));
  row("dead letters", stream_text(facts.dead, "the first malformed request"));
  if (!facts.group.consumers.empty()) {
    Table table({{"CONSUMER"},
                 {"PENDING", Table::Align::kRight},
                 {"IDLE", Table::Align::kRight},
                 {"INACTIVE", Table::Align::kRight}});
    for (const ConsumerFacts& consumer : facts.group.consumers) {
      table.add({{shown(consumer.name)},
                 {std::to_string(consumer.pending)},
                 {duration_text(consumer.idle)},
                 {consumer.inactive ? duration_text(*consumer.inactive) : "-"}});
    }
    print("\n");
    table.print();
  } else if (facts.group.exists) {
    print("\nno consumer has read from this group yet\n");
  }
  if (!facts.warnings.empty()) print("\n");
  for (const std::string& warning : facts.warnings) print(colored("warning: ", Color::kYellow) + warning + "\n");
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

void add_status(CLI::App& parent, Program& program) {
  CLI::App* app = add_command(parent, "status", "show how the queue stands, and what is wrong with the server", kMore);
  add_json(*app, program);
  app->callback([&program] { program.action = status; });
}

}  // namespace orderd::tools
