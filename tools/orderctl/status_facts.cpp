// A stream or a group that is missing is a fact, not a failure.
#include "orderctl/status_facts.h"

#include <algorithm>

#include "shared/entry.h"
#include "shared/options.h"
#include "shared/output.h"
#include "valkey/error.h"

namespace orderd::tools {
namespace {

using valkey::Command;
using valkey::Reply;

uint64_t count_of(const Reply& reply) {
  return reply.integer() > 0 ? static_cast<uint64_t>(reply.integer()) : 0;
}

bool is_missing(const Reply& reply) {
  return reply.is_error() && reply.text().starts_with("ERR no such key");
}

Result<StreamFacts> read_stream(Client& client, const std::string& name) {
  StreamFacts facts;
  facts.name = name;
  const auto reply = client.call(Command::of("XINFO", "STREAM", name));
  if (!reply) return reply.failure();
  if (is_missing(reply->view())) return facts;
  if ((*reply)->is_error() && (*reply)->text().starts_with("WRONGTYPE")) {
    return Failure{"the key '" + shown(name) + "' holds no stream; check streams.orders, .results and .dead"};
  }
  if ((*reply)->is_error()) return Failure{client.explain((*reply)->text())};
  facts.exists = true;
  facts.length = count_of(value_of(reply->view(), "length"));
  facts.newest = value_of(reply->view(), "last-generated-id").text();
  return facts;
}

Result<std::optional<PendingFacts>> read_oldest(Client& client, const std::string& stream, const std::string& group) {
  const auto reply = client.ask(Command::of("XPENDING", stream, group, "-", "+", 1));
  if (!reply) return reply.failure();
  // Asked behind the other, or an entry would look younger than its delivery.
  const auto time = client.ask(Command::of("TIME"));
  if (!time) return time.failure();
  if ((*reply)->size() == 0) return std::optional<PendingFacts>();
  const Reply first = (*reply)->at(0);
  PendingFacts facts;
  facts.id = first.at(0).text();
  facts.consumer = first.at(1).text();
  facts.idle = milliseconds(first.at(2).integer());
  facts.deliveries = count_of(first.at(3));
  const auto now_s = whole_of((*time)->at(0).text());
  const auto now_us = whole_of((*time)->at(1).text());
  const auto id = parse_id(facts.id);
  if (now_s && now_us && id) {
    const uint64_t now_ms = *now_s * 1000 + *now_us / 1000;
    facts.age = milliseconds(now_ms - std::min(now_ms, id->ms));
  }
  return std::optional(facts);
}

Result<std::vector<ConsumerFacts>> read_consumers(Client& client, const std::string& stream, const std::string& group) {
  const auto reply = client.ask(Command::of("XINFO", "CONSUMERS", stream, group));
  if (!reply) return reply.failure();
  std::vector<ConsumerFacts> consumers((*reply)->size());
  for (std::size_t i = 0; i < consumers.size(); ++i) {
    const Reply info = (*reply)->at(i);
    consumers[i].name = value_of(info, "name").text();
    consumers[i].pending = count_of(value_of(info, "pending"));
    consumers[i].idle = milliseconds(value_of(info, "idle").integer());
    const Reply inactive = value_of(info, "inactive");
    if (inactive.is_integer() && inactive.integer() >= 0) consumers[i].inactive = milliseconds(inactive.integer());
  }
  return consumers;
}

Result<GroupFacts> read_group(Client& client, const std::string& stream, const std::string& group) {
  GroupFacts facts;
  facts.name = group;
  const auto position =
      client.ask(Command::of("HGET", stream + ":" + group + ":position", "settled"));  // see lua/position.lua
  if (!position) return position.failure();
  facts.position = (*position)->text();
  const auto reply = client.call(Command::of("XINFO", "GROUPS", stream));
  if (!reply) return reply.failure();
  if (is_missing(reply->view())) return facts;
  if ((*reply)->is_error()) return Failure{client.explain((*reply)->text())};
  for (std::size_t i = 0; i < (*reply)->size(); ++i) {
    const Reply info = (*reply)->at(i);
    if (value_of(info, "name").text() != group) continue;
    facts.exists = true;
    facts.pending = count_of(value_of(info, "pending"));
    const Reply lag = value_of(info, "lag");
    if (lag.is_integer()) facts.lag = count_of(lag);
    const Reply read = value_of(info, "entries-read");
    if (read.is_integer()) facts.settled = count_of(read) - std::min(count_of(read), facts.pending);
  }
  if (!facts.exists) return facts;
  auto oldest = read_oldest(client, stream, group);
  if (!oldest) return oldest.failure();
  facts.oldest = *oldest;
  auto consumers = read_consumers(client, stream, group);
  if (!consumers) return consumers.failure();
  facts.consumers = std::move(*consumers);
  return facts;
}

// Of the text INFO answers; empty where it does not tell.
std::string_view info_value(std::string_view info, std::string_view name) {
  while (!info.empty()) {
    const std::string_view line = info.substr(0, info.find("\r\n"));
    if (line.starts_with(name) && line.substr(name.size()).starts_with(":")) return line.substr(name.size() + 1);
    info.remove_prefix(std::min(info.size(), line.size() + 2));
  }
  return {};
}

// Nothing: this user may not ask, or the server knows no such setting.
Result<std::optional<bool>> read_load_truncated(Client& client) {
  const auto reply = client.call(Command::of("CONFIG", "GET", "aof-load-truncated"));
  if (!reply) return reply.failure();
  if ((*reply)->error() == valkey::ErrorKind::kRefused) return std::optional<bool>();
  if ((*reply)->is_error()) return Failure{client.explain((*reply)->text())};
  const std::string_view value = value_of(reply->view(), "aof-load-truncated").text();
  return value.empty() ? std::optional<bool>() : std::optional(value == "yes");
}

Result<ServerFacts> read_server(Client& client) {
  ServerFacts facts;
  facts.address = client.server();
  const auto load_truncated = read_load_truncated(client);
  if (!load_truncated) return load_truncated.failure();
  facts.load_truncated = *load_truncated;
  const auto reply = client.call(Command::of("INFO", "server", "replication", "memory", "persistence"));
  if (!reply) return reply.failure();
  // To be refused is fine: INFO is not needed for anything else.
  if ((*reply)->error() == valkey::ErrorKind::kRefused) return facts;
  if ((*reply)->is_error()) return Failure{client.explain((*reply)->text())};
  const std::string_view info = (*reply)->text();
  const std::string_view version = info_value(info, "valkey_version");
  facts.version =
      version.empty() ? "Redis " + std::string(info_value(info, "redis_version")) : "Valkey " + std::string(version);
  facts.role = info_value(info, "role") == "master" ? "primary" : "replica";
  facts.policy = info_value(info, "maxmemory_policy");
  facts.append_only = info_value(info, "aof_enabled") == "1";
  facts.memory_used = whole_of(info_value(info, "used_memory")).value_or(0);
  facts.memory_max = whole_of(info_value(info, "maxmemory")).value_or(0);
  return facts;
}

std::vector<std::string> warnings_of(const StatusFacts& facts) {
  std::vector<std::string> out;
  const ServerFacts& server = facts.server;
  if (server.role == "replica")
    out.emplace_back("the server is a replica, which takes no writes; set valkey.url to its primary");
  if (!server.policy.empty() && server.policy != "noeviction") {
    out.push_back("maxmemory-policy is '" + shown(server.policy) +
                  "': once maxmemory is reached the server deletes keys, " +
                  "and with them stock, orders or results; set it to noeviction");
  }
  if (server.append_only == false) {
    out.emplace_back(
        "the append-only file is off: when the server stops, it forgets what came since its last snapshot, sales "
        "among it; set appendonly to yes");
  } else if (server.load_truncated == true) {
    out.emplace_back(
        "aof-load-truncated is yes: when a power cut has torn the append-only file, half a decision may be executed at "
        "the start after the next, stock taken without a result; set it to no (docs/operations.md, The machine lost "
        "its power)");
  }
  return out;
}

}  // namespace

Result<StatusFacts> read_status(Client& client, const settings::Settings& settings) {
  StatusFacts facts;
  auto server = read_server(client);
  if (!server) return server.failure();
  facts.server = std::move(*server);
  const std::string dead = settings.dead();
  for (auto [name, stream] :
       {std::pair(&settings.streams.orders, &facts.orders), std::pair(&settings.streams.results, &facts.results),
        std::pair(&dead, &facts.dead)}) {
    auto read = read_stream(client, *name);
    if (!read) return read.failure();
    *stream = std::move(*read);
  }
  auto group = read_group(client, settings.streams.orders, settings.streams.group);
  if (!group) return group.failure();
  facts.group = std::move(*group);
  facts.warnings = warnings_of(facts);
  return facts;
}

}  // namespace orderd::tools
