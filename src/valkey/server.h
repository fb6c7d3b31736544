// What a server says about itself during the handshake, and whether orderd can work with it.
//
// Every source is optional: HELLO, INFO and ROLE may be denied to the user or be unknown to the server. What is not
// known is empty, and an unknown fact never makes a server unfit.
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

  // "Valkey 8.0.1", for messages; "a server of unknown version" where it did not say.
  [[nodiscard]] std::string text() const;
};

// Each takes what one reply says: of HELLO without arguments, of INFO server, of ROLE. A reply of another shape changes
// nothing. INFO knows the product and version better than HELLO does: a Valkey can call itself Redis in HELLO.
void read_hello(const Reply& reply, ServerFacts& facts);
void read_info(std::string_view info, ServerFacts& facts);
void read_role(const Reply& reply, ServerFacts& facts);

// ErrorKind::kUnfit with one sentence that says why orderd cannot work with this server and what to do;
// ErrorKind::kNone where nothing known speaks against it. `where`: the server's address, for the sentence. `cluster`: a
// node of a cluster is expected; whether it is a replica does not matter then, since a replica answers MOVED.
[[nodiscard]] Error unfit(const ServerFacts& facts, std::string_view where, bool cluster);

}  // namespace orderd::valkey
