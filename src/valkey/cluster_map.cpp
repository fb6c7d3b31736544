// Pure functions: replies in, addresses out. Names may come in any order, and there may be unknown ones.
#include "valkey/cluster_map.h"

#include <algorithm>

#include "base/number.h"
#include "valkey/slot.h"

namespace orderd::valkey {
namespace {

// The value of a name in a list of names and values; lost() if it is missing.
Reply value_of(const Reply& pairs, std::string_view name) {
  for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) {
    if (pairs.at(i).text() == name) return pairs.at(i + 1);
  }
  return Reply(nullptr);
}

// An empty host is the one that was asked; "?": unknown.
std::optional<Endpoint> at(const Endpoint& asked, std::string_view host, int64_t port) {
  if (host == "?" || port < 1 || port > 65535) return std::nullopt;
  Endpoint endpoint = asked;
  endpoint.port = static_cast<uint16_t>(port);
  if (!host.empty()) endpoint.host = host;
  return endpoint;
}

std::optional<Endpoint> address_of(const Reply& node, const Endpoint& asked) {
  const int64_t port = value_of(node, asked.tls ? "tls-port" : "port").integer();
  const std::string_view host = value_of(node, "endpoint").text();
  // Host names are preferred, but this node has none.
  if (host == "?") return at(asked, value_of(node, "ip").text(), port);
  return at(asked, host, port);
}

bool is_online_primary(const Reply& node) {
  const std::string_view role = value_of(node, "role").text();
  return (role == "master" || role == "primary") && value_of(node, "health").text() == "online";
}

bool is_slot(const Reply& reply) {
  return reply.is_integer() && reply.integer() >= 0 && reply.integer() < kSlots;
}

}  // namespace

std::optional<Endpoint> ClusterMap::primary_of(uint16_t slot) const {
  const auto found = std::find_if(ranges.begin(), ranges.end(),
                                  [&](const Range& range) { return range.from <= slot && slot <= range.to; });
  if (found == ranges.end()) return std::nullopt;
  return found->primary;
}

ClusterMap read_shards(const Reply& reply, const Endpoint& asked) {
  ClusterMap map;
  for (std::size_t i = 0; i < reply.size(); ++i) {
    const Reply slots = value_of(reply.at(i), "slots");
    const Reply nodes = value_of(reply.at(i), "nodes");
    map.has_slots = map.has_slots || slots.size() > 0;
    for (std::size_t n = 0; n < nodes.size(); ++n) {
      const auto address = address_of(nodes.at(n), asked);
      if (!address) continue;
      map.nodes.push_back(*address);
      if (!is_online_primary(nodes.at(n))) continue;
      for (std::size_t s = 0; s + 1 < slots.size(); s += 2) {
        const Reply from = slots.at(s), to = slots.at(s + 1);
        if (!is_slot(from) || !is_slot(to)) continue;
        map.ranges.push_back({static_cast<uint16_t>(from.integer()), static_cast<uint16_t>(to.integer()), *address});
      }
    }
  }
  return map;
}

std::optional<Redirect> moved_to(std::string_view text, const Endpoint& from) {
  constexpr std::string_view kWord = "MOVED ";
  const std::size_t word = text.find(kWord);
  if (word == std::string_view::npos) return std::nullopt;
  text.remove_prefix(word + kWord.size());
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const auto slot = parse_number<uint16_t>(text.substr(0, space));
  text = text.substr(space + 1);
  text = text.substr(0, text.find(' '));
  // An IPv6 address is not in brackets.
  const std::size_t colon = text.rfind(':');
  if (!slot || *slot >= kSlots || colon == std::string_view::npos) return std::nullopt;
  const auto address = at(from, text.substr(0, colon), parse_number<uint16_t>(text.substr(colon + 1)).value_or(0));
  if (!address) return std::nullopt;
  return Redirect{*slot, *address};
}

}  // namespace orderd::valkey
