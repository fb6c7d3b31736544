// What a node says of its cluster: CLUSTER SHARDS, and redirects. Source: the documentation of that command, and
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
  bool has_slots = false;  // some slot is served, or was: a node that has joined no cluster knows of none

  // Nothing: it has none that is online.
  [[nodiscard]] std::optional<Endpoint> primary_of(uint16_t slot) const;
};

// `reply`: of `asked` to CLUSTER SHARDS. Each endpoint has all of `asked` but host and port. A node without a known
// address is left out; a reply of another shape is an empty map.
[[nodiscard]] ClusterMap read_shards(const Reply& reply, const Endpoint& asked);

// "MOVED 15495 10.0.0.2:6379".
struct Redirect {
  uint16_t slot;
  Endpoint to;
};
// The redirect somewhere in the text of an error of `from`, which keeps all but host and port. Nothing: there is none,
// or the node does not know the address ("MOVED 15495 ?:6379").
[[nodiscard]] std::optional<Redirect> moved_to(std::string_view text, const Endpoint& from);

}  // namespace orderd::valkey
