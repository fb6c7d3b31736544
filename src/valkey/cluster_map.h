// Parses a node's view of its cluster: CLUSTER SHARDS, and redirects. Source: the documentation of that command, and
// "Valkey cluster specification".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "valkey/endpoint.h"
#include "valkey/reply.h"

namespace orderd::valkey {

struct ClusterMap {
  struct Range {
    uint16_t from;  // both included
    uint16_t to;
    Endpoint primary;
  };
  std::vector<Range> ranges;  // only those whose primary is online
  std::vector<Endpoint> nodes;
  bool has_slots = false;  // false: the node knows of none, as before it has joined a cluster

  // nullopt: none is online.
  [[nodiscard]] std::optional<Endpoint> primary_of(uint16_t slot) const;
};

// `reply`: to CLUSTER SHARDS, from `asked`. Endpoints differ from `asked` in host and port only. Nodes without a known
// address are skipped; a reply of another shape gives an empty map.
[[nodiscard]] ClusterMap read_shards(const Reply& reply, const Endpoint& asked);

// "MOVED 15495 10.0.0.2:6379".
struct Redirect {
  uint16_t slot;
  Endpoint to;
};
// Finds a redirect in the text of an error from `from`; the endpoint differs from `from` in host and port only.
// nullopt: there is none, or the node does not know the address ("MOVED 15495 ?:6379").
[[nodiscard]] std::optional<Redirect> moved_to(std::string_view text, const Endpoint& from);

}  // namespace orderd::valkey
