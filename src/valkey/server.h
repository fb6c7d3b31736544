// What a server says about itself during the handshake, and whether orderd can work with it.
//
// Every source is optional: the user may not be allowed HELLO, INFO and ROLE, or the server may not have them. What is
// not known is empty, and never makes a server unsuitable.
#pragma once

#include <string>
#include <string_view>

#include "valkey/error.h"
#include "valkey/reply.h"

namespace orderd::valkey {

struct ServerFacts {
  std::string product;  // "valkey" or "redis"
  std::string version;  // "8.0.1"
  std::string run_id;   // 40 hexadecimal digits, new at each start of the server process
  std::string role;     // "primary" or "replica"
  std::string mode;     // "standalone", "sentinel" or "cluster"
  std::string primary;  // host:port of a replica's primary

  // For messages: "Valkey 8.0.1", or "a server of unknown version".
  [[nodiscard]] std::string text() const;
};

// Each reads one reply: to HELLO without arguments, to INFO server, to ROLE. A reply of another shape is ignored. INFO
// is more precise than HELLO, where a Valkey may call itself Redis.
void read_hello(const Reply& reply, ServerFacts& facts);
void read_info(std::string_view info, ServerFacts& facts);
void read_role(const Reply& reply, ServerFacts& facts);

// kUnfit with one sentence that says why orderd cannot work with this server and what to do; kNone if nothing known
// speaks against it. `where`: the server's address, for the sentence. `cluster`: a cluster node is expected; it may be
// a replica, which answers MOVED.
[[nodiscard]] Error unfit(const ServerFacts& facts, std::string_view where, bool cluster);

}  // namespace orderd::valkey
