// Pure functions: replies in, facts out, and a table of unsuitable servers.
#include "valkey/server.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

namespace orderd::valkey {
namespace {

using Version = std::pair<uint32_t, uint32_t>;  // major, minor
constexpr Version kOldestValkey{7, 2};
constexpr Version kOldestRedis{7, 0};

// {8, 0} of "8.0.1"; {0, 0} without a number.
Version version_of(std::string_view text) {
  Version version{0, 0};
  const char* end = text.data() + text.size();
  const auto [dot, bad] = std::from_chars(text.data(), end, version.first);
  if (bad == std::errc() && dot != end && *dot == '.') (void)std::from_chars(dot + 1, end, version.second);
  return version;
}

std::string_view role_of(std::string_view word) {
  if (word == "master" || word == "primary") return "primary";
  if (word == "slave" || word == "replica") return "replica";
  return "";
}

// The value of a line "name:value" of INFO; empty: there is none.
std::string_view field(std::string_view info, std::string_view name) {
  while (!info.empty()) {
    std::string_view line = info.substr(0, info.find('\n'));
    info.remove_prefix(std::min(info.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == ':')
      return line.substr(name.size() + 1);
  }
  return "";
}

void set(std::string& fact, std::string_view value) {
  if (!value.empty()) fact = value;
}

bool too_old(const ServerFacts& facts) {
  const Version version = version_of(facts.version);
  if (version == Version{0, 0}) return false;
  if (facts.product == "valkey") return version < kOldestValkey;
  return facts.product == "redis" && version < kOldestRedis;
}

}  // namespace

std::string ServerFacts::text() const {
  if (product.empty() || version.empty()) return "a server of unknown version";
  std::string name = product;
  if (name == "valkey") name = "Valkey";
  if (name == "redis") name = "Redis";
  return name + " " + version;
}

void read_hello(const Reply& reply, ServerFacts& facts) {
  for (std::size_t i = 0; i + 1 < reply.size(); i += 2) {
    const std::string_view name = reply.at(i).text();
    const std::string_view value = reply.at(i + 1).text();
    if (name == "server") set(facts.product, value);
    if (name == "version") set(facts.version, value);
    if (name == "mode") set(facts.mode, value);
    if (name == "role") set(facts.role, role_of(value));
  }
}

void read_info(std::string_view info, ServerFacts& facts) {
  if (const auto version = field(info, "valkey_version"); !version.empty()) {
    facts.product = "valkey";
    facts.version = version;
  } else if (const auto redis = field(info, "redis_version"); !redis.empty()) {
    // A Valkey that presents itself as Redis still gives its own name here.
    facts.product = field(info, "server_name") == "valkey" ? "valkey" : "redis";
    facts.version = redis;
  }
  set(facts.run_id, field(info, "run_id"));
  set(facts.mode, field(info, "redis_mode"));
  set(facts.mode, field(info, "server_mode"));
}

void read_role(const Reply& reply, ServerFacts& facts) {
  const std::string_view word = reply.at(0).text();
  if (word == "sentinel") facts.mode = word;
  set(facts.role, role_of(word));
  if (facts.role == "replica" && reply.at(1).is_string() && reply.at(2).is_integer()) {
    const std::string host(reply.at(1).text());
    const bool v6 = host.find(':') != std::string::npos;
    facts.primary = (v6 ? "[" + host + "]" : host) + ":" + std::to_string(reply.at(2).integer());
  }
}

Error unfit(const ServerFacts& facts, std::string_view where, bool cluster) {
  const std::string server(where);
  if (too_old(facts)) {
    return {ErrorKind::kUnfit, server + " is " + facts.text() +
                                   ", which is too old: orderd needs Valkey 7.2 or Redis 7.0 or later; upgrade the "
                                   "server or use another one"};
  }
  if (facts.mode == "sentinel") {
    return {ErrorKind::kUnfit, server +
                                   " is a sentinel, which holds no data: use the address of the primary that it "
                                   "watches (SENTINEL GET-MASTER-ADDR-BY-NAME gives it)"};
  }
  if (cluster) {
    if (facts.mode.empty() || facts.mode == "cluster") return {};
    return {ErrorKind::kUnfit, server + " is not a node of a cluster: set valkey.cluster = false"};
  }
  if (facts.mode == "cluster") {
    return {ErrorKind::kUnfit, server + " is a node of a cluster: set valkey.cluster = true"};
  }
  if (facts.role == "replica") {
    return {ErrorKind::kUnfit, server + " is a replica" +
                                   (facts.primary.empty() ? ": use the address of its primary"
                                                          : " of " + facts.primary + ": use this primary's address")};
  }
  return {};
}

}  // namespace orderd::valkey
